import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type OsvRecord } from '@sallyport/scan'
import { parseFriendsOfPhp, parseRubysec } from '@sallyport/scan/sources'
import { type ChangelogEntries, debianRecords } from './debian-records.ts'
import { type GithubAnswer, npmRecords } from './npm-records.ts'

/** Where the genuine records are kept: a folder beside the checkout. */
export const recordsDirectory = fileURLToPath(new URL('../../../../shared/data/scan/', import.meta.url))

/** Whether {@link recordsDirectory} is there. */
export const hasRecords = existsSync(recordsDirectory)

const lines = [
  'osv-go/go.jsonl',
  'osv-pypi/pypi.jsonl',
  'osv-crates/crates.jsonl',
  'osv-maven/maven-abridged.jsonl',
]

/**
 * The one set of records that all databases are made of, in OSV's form: Debian 12 from the changelogs of its packages
 * (`DEBIAN-CVE-…`), Go, PyPI, crates.io and Maven as published, npm from answers of GitHub, RubyGems and Packagist
 * from the records of rubysec and FriendsOfPHP. Sorted by id.
 *
 * @param more - changelogs of packages of Debian 12, in place of stored ones
 */
export function readRecords(
  directory: string = recordsDirectory,
  more: ChangelogEntries = {},
): readonly OsvRecord[] {
  const read = (path: string) => readFileSync(join(directory, 'advisories', path), 'utf8')
  const readLines = (path: string) =>
    read(path)
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => JSON.parse(line) as unknown)
  const published = lines.flatMap(readLines) as readonly OsvRecord[]
  const converted = [
    ...readLines('rubysec/gems.jsonl').map((value) => parseRubysec(value, pathOf(value))),
    ...readLines('friendsofphp/composer.jsonl').map((value) =>
      parseFriendsOfPhp(value, pathOf(value), pathOf(value)),
    ),
  ]
  return [
    ...debianRecords({
      ...(JSON.parse(read('debian/changelog-cves-bookworm.json')) as ChangelogEntries),
      ...more,
    }),
    ...published.map(withTime),
    ...joinById(converted).map(withTime),
    ...npmRecords(JSON.parse(read('ghsa-graphql/npm.json')) as GithubAnswer),
  ].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0))
}

/** Some records lack the field that OSV requires; OSV-Scanner drops them then. */
function withTime(record: OsvRecord): OsvRecord {
  const modified = record.modified ?? record.published ?? '1970-01-01T00:00:00Z'
  return { ...record, modified }
}

function pathOf(value: unknown): string {
  return String((value as { readonly path?: unknown }).path)
}

/** Sources with a file for each package have several of one id. */
function joinById(records: readonly OsvRecord[]): readonly OsvRecord[] {
  const joined = new Map<string, OsvRecord>()
  for (const record of records) {
    const known = joined.get(record.id)
    const affected = [...(known?.affected ?? []), ...(record.affected ?? [])]
    joined.set(record.id, { ...(known ?? record), affected })
  }
  return [...joined.values()]
}
