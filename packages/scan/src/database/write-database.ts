import { ScanError } from '../errors.ts'
import type { EpssScores } from '../feeds/parse-epss.ts'
import type { KevCatalogue } from '../feeds/parse-kev.ts'
import type { BuildProgress } from './build-progress.ts'
import { compareUtf8, nameForm, recordKey } from './database-keys.ts'
import {
  type DatabaseMeta,
  type DatabaseSource,
  encodeHead,
  encodeMeta,
  type TableExtent,
} from './database-meta.ts'
import type { DatabaseSink } from './database-sink.ts'
import type { RecordCollector } from './record-collector.ts'
import type { RecordSpill } from './record-spill.ts'
import { TableWriter, type TableWriterOptions } from './table-writer.ts'

/** What {@link writeDatabase} writes. */
export interface DatabaseContent {
  readonly spill: RecordSpill
  readonly collector: RecordCollector
  readonly sources: readonly DatabaseSource[]
  readonly builtAt: string
  readonly kev?: KevCatalogue | undefined
  readonly epss?: EpssScores | undefined
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: BuildProgress) => void) | undefined
}

const reportEvery = 10_000

/** Writes what was collected, from the first byte to the last. */
export async function writeDatabase(sink: DatabaseSink, content: DatabaseContent): Promise<DatabaseMeta> {
  const { spill, collector, sources, builtAt, kev, epss, signal, onProgress } = content
  await sink.append(encodeHead())
  const order = collector.order()
  const { kept } = order
  if (kept.length === 0) throw new ScanError('ADVISORIES_EMPTY', 'every advisory is withdrawn')

  const records = new TableWriter(sink, { blockBytes: 16 * 1024 })
  for (const [ordinal, number] of kept.entries()) {
    if (ordinal % 256 === 0) signal?.throwIfAborted()
    await records.add(recordKey(ordinal), await spill.read(number))
    if (ordinal % reportEvery === 0)
      onProgress?.({ type: 'records-written', records: ordinal, of: kept.length })
  }
  const write = async (
    entries: Iterable<readonly [string, unknown]>,
    options: TableWriterOptions,
  ): Promise<TableExtent> => {
    const writer = new TableWriter(sink, options)
    for (const [key, value] of entries) {
      signal?.throwIfAborted()
      await writer.add(Buffer.from(key), Buffer.from(JSON.stringify(value)))
    }
    return writer.finish()
  }
  let entries = 0
  const packages = function* (): Generator<readonly [string, readonly number[]]> {
    for (const { key, pairs } of collector.packages(order)) {
      entries += pairs.length / 2
      yield [key, toSteps(pairs)]
    }
  }
  const tables = {
    records: await records.finish(),
    packages: await write(packages(), { blockBytes: 4 * 1024 }),
    ecosystems: await write(sorted(collector.counts), { blockBytes: 4 * 1024 }),
    aliases: await write(collector.aliases.entries(), { blockBytes: 8 * 1024 }),
    ...(kev === undefined ? {} : { kev: await write(sorted(kev.entries), { blockBytes: 8 * 1024 }) }),
    ...(epss === undefined ? {} : { epss: await write(epssRows(epss), { blockBytes: 8 * 1024 }) }),
  }
  if (entries === 0) throw new ScanError('ADVISORIES_EMPTY', 'no advisory names a package')
  const meta: DatabaseMeta = {
    builtAt,
    ...(collector.updatedAt === undefined ? {} : { updatedAt: collector.updatedAt }),
    digest: collector.digest(),
    size: kept.length,
    withdrawn: collector.withdrawn,
    entries,
    names: nameForm(),
    sources: [...sources],
    ...(kev === undefined ? {} : { kev: { updatedAt: kev.updatedAt, version: kev.version } }),
    ...(epss === undefined ? {} : { epss: { updatedAt: epss.updatedAt, version: epss.modelVersion } }),
    tables,
  }
  await sink.append(encodeMeta(meta, sink.position))
  return meta
}

/** Ordinals as differences: records of one package follow each other, which leaves small numbers. */
function toSteps(pairs: readonly number[]): number[] {
  return pairs.map((value, index) =>
    index % 2 === 1 || index === 0 ? value : value - (pairs[index - 2] ?? 0),
  )
}

function sorted<T>(entries: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...entries].sort(([a], [b]) => compareUtf8(a, b))
}

/** The date is the same for all, and stands in the meta data. */
function* epssRows({ scores }: EpssScores): Generator<readonly [string, readonly number[]]> {
  for (const cve of [...scores.keys()].sort(compareUtf8)) {
    const score = scores.get(cve)
    if (score !== undefined) yield [cve, [score.probability, score.percentile]]
  }
}
