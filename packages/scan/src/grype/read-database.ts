import { homedir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Distro } from '@sallyport/inventory'
import { checkDataAge, type DataAge } from '../engine/check-data-age.ts'
import { fileIdentity } from '../engine/file-identity.ts'
import type { EngineData } from '../engine/engine-scanner.ts'
import { ScanError } from '../errors.ts'

/** Grype's database, as far as it says what it is good for. */
export interface GrypeDatabase extends EngineData {
  /** Whether it has advisories for a release of a distribution; Grype reports nothing for others and says so nowhere. */
  knows(distro: Distro): boolean
}

/** Grype's own default database folder. */
export function defaultCacheDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  if (environment['GRYPE_DB_CACHE_DIR']) return environment['GRYPE_DB_CACHE_DIR']
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches/grype/db')
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'grype/db')
}

interface Release {
  readonly name: string
  readonly major: string
  readonly minor: string
  readonly label: string
  readonly codename: string
}

/**
 * Reads what the database in a folder says of itself (schema 6, SQLite).
 *
 * @throws {ScanError} `DATA_UNAVAILABLE` when there is none, it cannot be read, or it is too old.
 */
export async function readDatabase(
  cacheDirectory: string,
  age: DataAge,
  scanner: string,
): Promise<GrypeDatabase> {
  const path = join(cacheDirectory, '6', 'vulnerability.db')
  const identity = await fileIdentity(path)
  let updatedAt = Number.NaN
  let schemaVersion = ''
  let releases: readonly Release[] = []
  let aliases = new Map<string, string>()
  try {
    if (identity === undefined) throw new Error('no such file')
    const database = new DatabaseSync(path, { readOnly: true })
    try {
      const about = database.prepare('SELECT * FROM db_metadata').get() ?? {}
      updatedAt = Date.parse(String(about['build_timestamp']).replace(' ', 'T'))
      schemaVersion = [about['model'], about['revision'], about['addition']].join('.')
      releases = database
        .prepare('SELECT name, major_version, minor_version, label_version, codename FROM operating_systems')
        .all()
        .map((row) => ({
          name: String(row['name']).toLowerCase(),
          major: String(row['major_version'] ?? ''),
          minor: String(row['minor_version'] ?? ''),
          label: String(row['label_version'] ?? ''),
          codename: String(row['codename'] ?? '').toLowerCase(),
        }))
      aliases = readAliases(database)
    } finally {
      database.close()
    }
  } catch (cause) {
    throw new ScanError('DATA_UNAVAILABLE', `no readable Grype database: ${path}`, { cause, scanner })
  }
  if (Number.isNaN(updatedAt) || !schemaVersion.startsWith('6.')) {
    throw new ScanError('DATA_UNAVAILABLE', `not a Grype database of schema 6: ${path}`, { scanner })
  }
  const time = new Date(updatedAt).toISOString()
  checkDataAge(time, age, { what: 'Grype database', scanner })
  return {
    data: [{ name: 'grype-db', updatedAt: time, schemaVersion }],
    identity: `${time} ${identity}`,
    knows: ({ id, versionId = '', codename = '' }) => {
      const names = new Set([id, aliases.get(id) ?? id])
      const [major = '', minor = ''] = versionId.split('.')
      return releases.some(
        (release) =>
          names.has(release.name) &&
          // Grype asks for the codename too where the image says one
          (versionId === '' ||
            codename === '' ||
            release.codename === codename.toLowerCase() ||
            release.label.toLowerCase() === codename.toLowerCase()) &&
          ((release.major !== '' &&
            trimZeroes(release.major) === trimZeroes(major) &&
            (release.minor === '' || trimZeroes(release.minor) === trimZeroes(minor))) ||
            // rolling distributions have one release without numbers
            (release.major === '' && release.label === '') ||
            (versionId === '' && release.label !== '')),
      )
    },
  }
}

function trimZeroes(version: string): string {
  return version.replace(/^0+(?=\d)/, '')
}

/** Distributions that are matched with the advisories of another; absent in databases of tests. */
function readAliases(database: DatabaseSync): Map<string, string> {
  const aliases = new Map<string, string>()
  const table = database
    .prepare("SELECT 1 FROM sqlite_master WHERE name = 'operating_system_specifier_overrides'")
    .get()
  if (table === undefined) return aliases
  const rows = database.prepare('SELECT alias, replacement FROM operating_system_specifier_overrides').all()
  for (const { alias, replacement } of rows) {
    if (typeof replacement === 'string') aliases.set(String(alias).toLowerCase(), replacement.toLowerCase())
  }
  return aliases
}
