import { createHash } from 'node:crypto'
import { type Digest, toDigest } from '@sallyport/core'
import { identityOf, later } from '../advisories/advisory-index.ts'
import type { OsvRecord } from '../advisories/osv.schema.ts'
import { ScanError } from '../errors.ts'
import { AliasGroups } from './alias-groups.ts'
import { packageKey } from './database-keys.ts'
import { GrowingNumbers } from './growing-numbers.ts'
import type { RecordSpill } from './record-spill.ts'
import { ranksOf, TextPool } from './text-pool.ts'

/** What is known of a source once it was read. */
export interface SourceTally {
  records: number
  withdrawn: number
  /** The newest `modified` that is not in the future. */
  newest: string | undefined
}

/** Which record says something about a package, and in which of its `affected`. */
export interface PackageEntries {
  readonly key: string
  /** Pairs of ordinal and position, in order. */
  readonly pairs: readonly number[]
}

/** A place in the order of records: the first package of a record, then its id, then its hash. */
interface RecordOrder {
  /** Numbers of distinct records that are not withdrawn, in order. */
  readonly kept: readonly number[]
  /** The ordinal of each record. */
  readonly ordinals: Uint32Array
}

/** Collects what the tables need of records whose texts lie in a {@link RecordSpill}. */
export class RecordCollector {
  /** Number of entries by ecosystem; filled by {@link packages}. */
  readonly counts = new Map<string, number>()
  updatedAt: string | undefined
  /** Records that are withdrawn, each once; counted by {@link order}. */
  withdrawn = 0
  readonly aliases: AliasGroups
  readonly #spill: RecordSpill
  readonly #latest: number
  readonly #ids = new TextPool()
  readonly #keys = new TextPool()
  // of each record: its id, its source, its first key plus one (0 for none), whether it is not withdrawn
  readonly #recordIds = new GrowingNumbers()
  readonly #sources = new GrowingNumbers()
  readonly #firstKeys = new GrowingNumbers()
  readonly #live = new GrowingNumbers()
  // of each entry: its key, its record, its position in `affected`
  readonly #entryKeys = new GrowingNumbers()
  readonly #entryRecords = new GrowingNumbers()
  readonly #entryPositions = new GrowingNumbers()
  #byHash: Uint32Array | undefined
  #sortedKeys: Uint32Array | undefined

  constructor(spill: RecordSpill, now: Date) {
    this.#spill = spill
    this.#latest = now.getTime()
    this.aliases = new AliasGroups(this.#ids)
  }

  /** @throws {ScanError} `ADVISORIES_INVALID` for a name that can't be a key. */
  async add(record: OsvRecord, source: number, tally: SourceTally, where: string): Promise<void> {
    const live = typeof record.withdrawn !== 'string'
    const number = await this.#spill.add(JSON.stringify(record), live)
    tally.records++
    if (!live) tally.withdrawn++
    // a date in the future would make old data look fresh for ever
    if (record.modified !== undefined && Date.parse(record.modified) <= this.#latest) {
      tally.newest = later(tally.newest, record.modified)
      this.updatedAt = later(this.updatedAt, record.modified)
    }
    const id = this.#ids.add(wellFormed(record.id, where))
    this.#recordIds.push(id)
    this.#live.push(live ? 1 : 0)
    this.#sources.push(source)
    let first = 0
    if (live) {
      for (const alias of identityOf(record)) {
        this.aliases.join(id, this.#ids.add(wellFormed(alias, where)))
      }
      for (const [position, { package: named }] of (record.affected ?? []).entries()) {
        if (named == null) continue
        const ecosystem = wellFormed(named.ecosystem, where)
        if (ecosystem.includes('\0')) throw unusable(ecosystem, where)
        const key = this.#keys.add(wellFormed(packageKey(ecosystem, named.name), where))
        if (first === 0) first = key + 1
        this.#entryKeys.push(key)
        this.#entryRecords.push(number)
        this.#entryPositions.push(position)
      }
    }
    this.#firstKeys.push(first)
  }

  /** Digest of the distinct records, of all or of one source, as `createAdvisoryIndex` computes it. */
  digest(source?: number): Digest {
    this.#byHash ??= this.#numbers().sort((a, b) => this.#spill.compareHashes(a, b))
    const hash = createHash('sha256')
    let previous: number | undefined
    for (const number of this.#byHash) {
      if (source !== undefined && this.#sources.at(number) !== source) continue
      if (previous !== undefined && this.#spill.compareHashes(previous, number) === 0) continue
      hash.update(`${previous === undefined ? '' : '\n'}${this.#spill.hash(number).toString('hex')}`)
      previous = number
    }
    return toDigest(hash)
  }

  /** Puts the records in order, those that are the same to the byte once. */
  order(): RecordOrder {
    this.#sortedKeys = this.#keys.sorted()
    const keyRanks = ranksOf(this.#sortedKeys)
    const idRanks = ranksOf(this.#ids.sorted())
    const rankOf = (number: number): number => {
      const first = this.#firstKeys.at(number)
      return first === 0 ? -1 : (keyRanks[first - 1] ?? 0)
    }
    const idOf = (number: number): number => idRanks[this.#recordIds.at(number)] ?? 0
    const numbers = this.#numbers().sort(
      (a, b) => rankOf(a) - rankOf(b) || idOf(a) - idOf(b) || this.#spill.compareHashes(a, b),
    )
    const kept: number[] = []
    const ordinals = new Uint32Array(numbers.length)
    let previous: number | undefined
    for (const number of numbers) {
      const repeated = previous !== undefined && this.#spill.compareHashes(previous, number) === 0
      previous = number
      if (this.#live.at(number) === 0) {
        if (!repeated) this.withdrawn++
        continue
      }
      if (!repeated) kept.push(number)
      ordinals[number] = kept.length - 1
    }
    return { kept, ordinals }
  }

  /** The entries of each package, in the order of the keys; fills {@link counts}. */
  *packages({ ordinals }: RecordOrder): Generator<PackageEntries> {
    const entries = this.#entryKeys.length
    // entries by key: how many there are, then where they start
    const ends = new Uint32Array(this.#keys.length)
    for (let entry = 0; entry < entries; entry++) increase(ends, this.#entryKeys.at(entry))
    let total = 0
    for (const [key, amount] of ends.entries()) {
      ends[key] = total
      total += amount
    }
    const byKey = new Uint32Array(entries)
    for (let entry = 0; entry < entries; entry++) {
      byKey[increase(ends, this.#entryKeys.at(entry))] = entry
    }
    for (const key of this.#sortedKeys ?? this.#keys.sorted()) {
      const start = key === 0 ? 0 : (ends[key - 1] ?? 0)
      const pairs = [...byKey.subarray(start, ends[key])]
        .map(
          (entry) => [ordinals[this.#entryRecords.at(entry)] ?? 0, this.#entryPositions.at(entry)] as const,
        )
        .sort(([a, x], [b, y]) => a - b || x - y)
        .filter(([a, x], index, all) => a !== all[index - 1]?.[0] || x !== all[index - 1]?.[1])
      const name = this.#keys.text(key)
      const ecosystem = name.slice(0, name.indexOf('\0'))
      this.counts.set(ecosystem, (this.counts.get(ecosystem) ?? 0) + pairs.length)
      yield { key: name, pairs: pairs.flat() }
    }
  }

  #numbers(): Uint32Array {
    const numbers = new Uint32Array(this.#recordIds.length)
    for (let number = 0; number < numbers.length; number++) numbers[number] = number
    return numbers
  }
}

/** Adds one; returns what was there before. */
function increase(values: Uint32Array, position: number): number {
  const value = values[position] ?? 0
  values[position] = value + 1
  return value
}

/** Half a character has no bytes of its own: two names could become one. */
function wellFormed(text: string, where: string): string {
  if (text.isWellFormed()) return text
  throw unusable(text, where)
}

function unusable(text: string, where: string): ScanError {
  return new ScanError('ADVISORIES_INVALID', `${where}: ${JSON.stringify(text.slice(0, 80))} is no name`)
}
