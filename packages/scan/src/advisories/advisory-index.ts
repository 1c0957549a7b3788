import { createHash } from 'node:crypto'
import { type Digest, toDigest } from '@sallyport/core'
import { DisjointSets } from '../internal/disjoint-sets.ts'
import { cveOfDistroRecord, isBundle } from './advisory-ids.ts'
import type { EpssScores } from '../feeds/parse-epss.ts'
import type { KevCatalogue } from '../feeds/parse-kev.ts'
import type { EpssScore, KevEntry } from '../finding.ts'
import type { ScanData } from '../scan-report.ts'
import type { OsvAffected, OsvRecord } from './osv.schema.ts'

/** One advisory's statement about one package. */
export interface AdvisoryEntry {
  /** The whole advisory. */
  readonly record: OsvRecord
  /** The part of it that is about the package. */
  readonly affected: OsvAffected
}

/** Advisories that can be looked up by package. */
export interface AdvisoryIndex {
  /** Number of records that are not withdrawn. */
  readonly size: number
  /** The newest `modified` of all records, ISO 8601: the data is at least as new as this. */
  readonly updatedAt: string | undefined
  /** Digest of all records, whatever their order. */
  readonly digest: Digest
  /** What it was made of, each with its age; default in reports: all of it as one, of the age `updatedAt`. */
  readonly data?: readonly ScanData[] | undefined
  /** Number of entries for an ecosystem, e.g. `Debian:12`. */
  count(ecosystem: string): number
  /** Entries for a package; withdrawn records are left out. */
  find(ecosystem: string, name: string): readonly AdvisoryEntry[]
  /** All ids of the vulnerability that `id` names, itself included. Never through advisories that bundle several. */
  aliasesOf(id: string): readonly string[]
  /** Known exploitation of a CVE, where the index holds that catalogue. */
  kev?(cve: string): KevEntry | undefined
  /** Exploit prediction of a CVE, where the index holds it. */
  epss?(cve: string): EpssScore | undefined
}

/** What an index holds besides advisories. */
export interface AdvisoryIndexFeeds {
  /** Known exploitation. Default: none. */
  readonly kev?: KevCatalogue | undefined
  /** Exploit prediction. Default: none. */
  readonly epss?: EpssScores | undefined
}

/** Indexes records in memory by ecosystem and package name. */
export function createAdvisoryIndex(
  records: Iterable<OsvRecord>,
  { kev, epss }: AdvisoryIndexFeeds = {},
): AdvisoryIndex {
  const entries = new Map<string, Map<string, AdvisoryEntry[]>>()
  const counts = new Map<string, number>()
  const identities = new DisjointSets()
  const hashes: string[] = []
  let size = 0
  let newest: string | undefined

  for (const record of records) {
    hashes.push(createHash('sha256').update(JSON.stringify(record)).digest('hex'))
    newest = later(newest, record.modified)
    if (typeof record.withdrawn === 'string') continue
    size++
    for (const alias of identityOf(record)) identities.join(record.id, alias)
    for (const affected of record.affected ?? []) {
      if (affected.package == null) continue
      const { ecosystem, name } = affected.package
      const names = entries.get(ecosystem) ?? new Map<string, AdvisoryEntry[]>()
      entries.set(ecosystem, names)
      const key = normalizePackageName(ecosystem, name)
      const list = names.get(key)
      if (list === undefined) names.set(key, [{ record, affected }])
      else list.push({ record, affected })
      counts.set(ecosystem, (counts.get(ecosystem) ?? 0) + 1)
    }
  }
  const groups = identities.groups()
  return {
    size,
    updatedAt: newest,
    digest: toDigest(createHash('sha256').update(hashes.sort().join('\n'))),
    count: (ecosystem) => counts.get(ecosystem) ?? 0,
    find: (ecosystem, name) => entries.get(ecosystem)?.get(normalizePackageName(ecosystem, name)) ?? [],
    aliasesOf: (id) => groups.get(identities.find(id)) ?? [id],
    ...(kev === undefined ? {} : { kev: (cve: string) => kev.entries.get(cve) }),
    ...(epss === undefined ? {} : { epss: (cve: string) => epss.scores.get(cve) }),
  }
}

/** Other ids of the very vulnerability that a record describes; none for one that bundles several. */
export function identityOf(record: OsvRecord): readonly string[] {
  if (isBundle(record.id)) return []
  const ids = (record.aliases ?? []).filter((alias) => !isBundle(alias))
  const cve = cveOfDistroRecord(record.id)
  return cve === undefined ? ids : [...ids, cve]
}

/** PyPI names are compared by PEP 503, those of NuGet and Packagist without regard to case, others as they stand. */
export function normalizePackageName(ecosystem: string, name: string): string {
  if (ecosystem === 'PyPI') return name.toLowerCase().replace(/[-_.]+/g, '-')
  return ecosystem === 'NuGet' || ecosystem === 'Packagist' ? name.toLowerCase() : name
}

/** The later of two times. */
export function later(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b
  return Date.parse(b) > Date.parse(a) ? b : a
}
