import { readdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { checkDataAge, type DataAge } from '../engine/check-data-age.ts'
import type { EngineData } from '../engine/engine-scanner.ts'
import { fileIdentity } from '../engine/file-identity.ts'
import { ScanError } from '../errors.ts'
import type { ScanData } from '../scan-report.ts'

/** The databases in a folder. */
export interface OsvDatabases extends EngineData {
  /** Ecosystems that there is a database of, without release. */
  readonly ecosystems: ReadonlySet<string>
}

/** OSV-Scanner's own default folder of databases. */
export function defaultDatabaseDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  const variable = environment['OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY']
  if (variable) return join(variable, 'osv-scalibr')
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches/osv-scalibr')
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'osv-scalibr')
}

/**
 * Finds the databases in a folder. Their files' times are the only age there is.
 *
 * @throws {ScanError} `DATA_UNAVAILABLE` when there is none, or one is too old.
 */
export async function readDatabases(directory: string, age: DataAge, scanner: string): Promise<OsvDatabases> {
  const folders = await readdir(directory).catch(() => [])
  const data: ScanData[] = []
  const ecosystems = new Set<string>()
  const identities: (string | undefined)[] = []
  for (const folder of folders.sort()) {
    const path = join(directory, folder, 'all.zip')
    const found = await stat(path).catch(() => undefined)
    if (found === undefined || !found.isFile()) continue
    const updatedAt = found.mtime.toISOString()
    checkDataAge(updatedAt, age, { what: `OSV database of ${folder.slice(0, 80)}`, scanner })
    data.push({ name: `osv ${folder}`, updatedAt })
    ecosystems.add(folder)
    identities.push(await fileIdentity(path))
  }
  if (ecosystems.size === 0)
    throw new ScanError('DATA_UNAVAILABLE', `no OSV database: ${join(directory, '<ecosystem>/all.zip')}`, {
      scanner,
    })
  return { data, ecosystems, identity: identities.join(' ') }
}
