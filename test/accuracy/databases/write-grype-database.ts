import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { OsvRecord } from '@sallyport/scan'
import { grypeTables } from './grype-tables.ts'
import { type Advisory, listAdvisories, severityOf } from './list-advisories.ts'
import { isOfAllVersions, toConstraint, type VersionInterval } from './version-intervals.ts'

/** Package type and version order in Grype's words. */
const ecosystems: Readonly<Record<string, readonly [type: string, order: string]>> = {
  Debian: ['deb', 'dpkg'],
  npm: ['npm', 'semver'],
  PyPI: ['python', 'python'],
  Go: ['go-module', 'go'],
  'crates.io': ['rust-crate', 'semver'],
  Maven: ['java-archive', 'maven'],
  RubyGems: ['gem', 'gem'],
  Packagist: ['php-composer', 'semver'],
}

/** Grype asks for the codename that `os-release` says, and finds nothing under another. */
const codenames: Readonly<Record<string, string>> = { 'Debian:12': 'bookworm' }

/**
 * Writes `vulnerability.db` (schema 6) into a folder, for `grype db import <folder>/vulnerability.db`, which adds the
 * indexes and takes it into Grype's own cache folder. Returns the file's path.
 */
export async function writeGrypeDatabase(
  records: readonly OsvRecord[],
  directory: string,
  { updatedAt = new Date() }: { readonly updatedAt?: Date | undefined } = {},
): Promise<string> {
  await mkdir(directory, { recursive: true })
  const path = join(directory, 'vulnerability.db')
  await rm(path, { force: true })
  const database = new DatabaseSync(path)
  try {
    database.exec(`BEGIN; ${grypeTables}`)
    fill(database, listAdvisories(records), updatedAt.toISOString())
    database.exec('COMMIT')
  } finally {
    database.close()
  }
  return path
}

function fill(database: DatabaseSync, advisories: readonly Advisory[], time: string): void {
  const insert = (table: string, row: Readonly<Record<string, string | number | null>>): number => {
    const columns = Object.keys(row)
    const places = columns.map(() => '?').join(', ')
    const statement = database.prepare(`INSERT INTO ${table} (${columns.join(', ')}) VALUES (${places})`)
    return Number(statement.run(...Object.values(row)).lastInsertRowid)
  }
  const once = (rows: Map<string, number>, key: string, make: () => number): number => {
    const id = rows.get(key) ?? make()
    rows.set(key, id)
    return id
  }
  const providers = new Map<string, number>()
  const systems = new Map<string, number>()
  const packages = new Map<string, number>()
  const vulnerabilities = new Map<string, number>()

  insert('db_metadata', { build_timestamp: time, model: 6, revision: 1, addition: 10 })
  for (const advisory of advisories) {
    const { ecosystem, name, record, vulnerability, intervals } = advisory
    const [base = '', release] = ecosystem.split(':', 2)
    const [type, order] = ecosystems[base] ?? []
    if (type === undefined || order === undefined)
      throw new Error(`no package type of Grype for ${ecosystem}`)
    const provider = providerOf(record.id)
    once(providers, provider, () =>
      insert('providers', {
        id: provider,
        version: '1',
        processor: 'vunnel@1',
        date_captured: time,
        input_digest: 'xxh64:0',
      }),
    )
    const system =
      release === undefined
        ? null
        : once(systems, ecosystem, () =>
            insert('operating_systems', {
              name: base.toLowerCase(),
              release_id: base.toLowerCase(),
              major_version: release,
              minor_version: '',
              label_version: '',
              codename: codenames[ecosystem] ?? '',
              channel: '',
            }),
          )
    const pkg = once(packages, `${type} ${name}`, () => insert('packages', { ecosystem: type, name }))
    // a distribution's record bears the name of the CVE, others their own with the CVE as alias
    const id = release === undefined ? record.id : vulnerability
    const handle = once(vulnerabilities, `${provider} ${id}`, () =>
      insert('vulnerability_handles', {
        name: id,
        status: 'active',
        published_date: record.published ?? null,
        modified_date: record.modified ?? null,
        provider_id: provider,
        blob_id: insert('blobs', { value: JSON.stringify(toVulnerability(id, record)) }),
      }),
    )
    insert('affected_package_handles', {
      vulnerability_id: handle,
      operating_system_id: system,
      package_id: pkg,
      blob_id: insert('blobs', {
        value: JSON.stringify({
          cves: vulnerability.startsWith('CVE-') ? [vulnerability] : [],
          ranges: intervals.map((interval) => toRange(interval, order)),
        }),
      }),
    })
  }
}

function providerOf(id: string): string {
  if (id.startsWith('DEBIAN-')) return 'debian'
  if (id.startsWith('GHSA-')) return 'github'
  return id.startsWith('GO-') ? 'govulndb' : 'osv'
}

function toVulnerability(id: string, record: OsvRecord) {
  const level = severityOf(record).toLowerCase()
  return {
    id,
    description: record.summary ?? undefined,
    aliases: (record.aliases ?? []).filter((alias) => alias !== id),
    severities: [
      ...(level === 'unknown' ? [] : [{ scheme: 'CHML', value: level, rank: 1 }]),
      ...(record.severity ?? []).map(({ score }) => ({
        scheme: 'CVSS',
        value: { vector: score, version: /^CVSS:([\d.]+)/.exec(score)?.[1] ?? '2.0' },
        rank: 2,
      })),
    ],
  }
}

function toRange(interval: VersionInterval, order: string) {
  const { fixed } = interval
  return {
    // every version, also those before 0: Grype's own databases say so with an empty text
    version: { type: order, constraint: isOfAllVersions(interval) ? '' : toConstraint(interval) },
    fix: fixed === undefined ? { state: 'not-fixed' } : { version: fixed, state: 'fixed' },
  }
}
