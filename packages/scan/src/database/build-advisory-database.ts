import { randomUUID } from 'node:crypto'
import { rename, rm } from 'node:fs/promises'
import { type Clock, type Digest, isSallyportError, systemClock } from '@sallyport/core'
import { later } from '../advisories/advisory-index.ts'
import { ScanError } from '../errors.ts'
import type { EpssScores } from '../feeds/parse-epss.ts'
import type { KevCatalogue } from '../feeds/parse-kev.ts'
import type { AdvisoryInput, AdvisoryInputLimits } from './advisory-input.ts'
import type { BuildProgress } from './build-progress.ts'
import type { DatabaseSource } from './database-meta.ts'
import { DatabaseSink } from './database-sink.ts'
import { readInput } from './read-input.ts'
import { RecordCollector, type SourceTally } from './record-collector.ts'
import { RecordSpill } from './record-spill.ts'
import { writeDatabase } from './write-database.ts'

/** Options of {@link buildAdvisoryDatabase}. */
export interface BuildAdvisoryDatabaseOptions {
  /** Sources of advisories, at least one. */
  readonly inputs: readonly AdvisoryInput[]
  /** Known exploitation, kept beside the advisories. Default: none. */
  readonly kev?: KevCatalogue | undefined
  /** Exploit prediction, kept beside the advisories. Default: none. */
  readonly epss?: EpssScores | undefined
  /** Path of the new database. What stands there is replaced at the very end, in one step. */
  readonly output: string
  /** Bounds of what is read. */
  readonly limits?: AdvisoryInputLimits | undefined
  /** Gives the time of the build. Default: the machine's. */
  readonly clock?: Clock | undefined
  /** Ends the build; it rejects with `signal.reason`, and leaves what was there before. */
  readonly signal?: AbortSignal | undefined
  /** Is told how far it is. Must not throw. Default: nobody is told. */
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined
}

/** A database that was built. */
export interface BuiltAdvisoryDatabase {
  /** The new file. */
  readonly path: string
  /** Digest of the file: its name in a registry. */
  readonly digest: Digest
  /** Its size. */
  readonly bytes: number
  /** Time of the build, ISO 8601. */
  readonly builtAt: string
  /** Number of distinct records that are not withdrawn. */
  readonly size: number
  /** Number of records that were left out because they are withdrawn. */
  readonly withdrawn: number
  /** What it was made of, each with its age. */
  readonly sources: readonly DatabaseSource[]
}

const reportEvery = 10_000

/**
 * Builds a database of advisories. The same inputs and time give the same bytes, in whatever order the inputs and their
 * records come (by the same release of zlib). Records are kept in a file beside the output until they are sorted: in
 * memory is what is needed to sort them, some 300 bytes a record. Withdrawn records are counted and left out.
 *
 * @throws {ScanError} `ADVISORIES_INVALID` for the first record that is none, naming source and position; nothing is
 *   written then.
 * @throws {ScanError} `ADVISORIES_EMPTY` for a source without a record, or when no record names a package, or all are
 *   withdrawn.
 * @throws {ScanError} `LIMIT_EXCEEDED` above `limits`.
 * @throws {ScanError} `OPTIONS_INVALID` for two sources of one name, or a time that is none.
 * @throws {ScanError} `DATA_UNAVAILABLE` when the output can't be written.
 */
export async function buildAdvisoryDatabase(
  options: BuildAdvisoryDatabaseOptions,
): Promise<BuiltAdvisoryDatabase> {
  const { inputs, output, clock = systemClock, signal } = options
  signal?.throwIfAborted()
  checkInputs(inputs)
  const temporary = `${output}.${randomUUID()}.tmp`
  const now = clock.now()
  let spill: RecordSpill | undefined
  let sink: DatabaseSink | undefined
  try {
    spill = await RecordSpill.create(`${temporary}.records`)
    const collector = new RecordCollector(spill, now)
    const sources = await readInputs(options, collector, now)
    await spill.flush()
    const write = await DatabaseSink.create(temporary)
    sink = write
    const meta = await writeDatabase(write, {
      ...options,
      spill,
      collector,
      sources,
      builtAt: now.toISOString(),
    })
    signal?.throwIfAborted()
    sink = undefined
    const digest = await write.finish()
    await rename(temporary, output)
    const { builtAt, size, withdrawn } = meta
    return { path: output, digest, bytes: write.position, builtAt, size, withdrawn, sources: meta.sources }
  } catch (cause) {
    await sink?.abandon()
    await rm(temporary, { force: true })
    signal?.throwIfAborted()
    const { code, syscall } = cause as NodeJS.ErrnoException
    if (isSallyportError(cause) || syscall === undefined) throw cause
    throw new ScanError('DATA_UNAVAILABLE', `${output}: cannot be written (${code})`, { cause })
  } finally {
    await spill?.remove()
  }
}

function checkInputs(inputs: readonly AdvisoryInput[]): void {
  if (inputs.length === 0) throw new ScanError('ADVISORIES_EMPTY', 'a database needs at least one input')
  const names = new Set<string>()
  for (const { name, updatedAt } of inputs) {
    if (name === '' || name.length > 256) {
      throw new ScanError('OPTIONS_INVALID', 'the name of an input has 1 to 256 characters')
    }
    if (names.has(name)) throw new ScanError('OPTIONS_INVALID', `two inputs have the name ${name}`)
    if (updatedAt !== undefined && Number.isNaN(Date.parse(updatedAt))) {
      throw new ScanError('OPTIONS_INVALID', `${name}: updatedAt is no time: ${updatedAt.slice(0, 80)}`)
    }
    names.add(name)
  }
}

async function readInputs(
  { inputs, limits = {}, signal, onProgress }: BuildAdvisoryDatabaseOptions,
  collector: RecordCollector,
  now: Date,
): Promise<readonly DatabaseSource[]> {
  const { maxRecordBytes = 16 * 1024 * 1024, maxRecords = 5_000_000, maxBytes = 32 * 1024 ** 3 } = limits
  let bytes = 0
  let records = 0
  const tallies: { readonly input: AdvisoryInput; readonly tally: SourceTally; storedAt?: Date }[] = []
  for (const [source, input] of inputs.entries()) {
    const tally: SourceTally = { records: 0, withdrawn: 0, newest: undefined }
    let storedAt: Date | undefined
    for await (const each of readInput(input, maxRecordBytes, signal)) {
      bytes += each.bytes
      if (++records > maxRecords)
        throw new ScanError('LIMIT_EXCEEDED', `${each.where}: above ${maxRecords} records`)
      if (bytes > maxBytes) throw new ScanError('LIMIT_EXCEEDED', `${each.where}: above ${maxBytes} bytes`)
      if (records % 256 === 0) signal?.throwIfAborted()
      await collector.add(each.record, source, tally, each.where)
      if (
        each.storedAt !== undefined &&
        each.storedAt <= now &&
        !(storedAt !== undefined && storedAt > each.storedAt)
      ) {
        storedAt = each.storedAt
      }
      if (tally.records % reportEvery === 0) {
        onProgress?.({ type: 'source-reading', source: input.name, records: tally.records })
      }
    }
    if (tally.records === 0) throw new ScanError('ADVISORIES_EMPTY', `${input.name}: not one advisory`)
    onProgress?.({ type: 'source-read', source: input.name, records: tally.records })
    tallies.push({ input, tally, ...(storedAt === undefined ? {} : { storedAt }) })
  }
  return tallies
    .map(({ input, tally: { records: all, withdrawn, newest }, storedAt }, source) => {
      const stated = input.updatedAt
      const updatedAt =
        stated === undefined
          ? later(newest, storedAt?.toISOString())
          : new Date(Math.min(Date.parse(stated), now.getTime())).toISOString()
      return {
        name: input.name,
        ...(updatedAt === undefined ? {} : { updatedAt }),
        records: all,
        withdrawn,
        digest: collector.digest(source),
      }
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}
