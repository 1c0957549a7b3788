import { homedir } from 'node:os'
import { join } from 'node:path'
import { checkDataAge, type DataAge } from '../engine/check-data-age.ts'
import { ScanError } from '../errors.ts'
import { readLimited } from '../internal/read-limited.ts'
import type { ScanData } from '../scan-report.ts'
import { trivyMetadataSchema } from './trivy.schema.ts'

/** Trivy's own default cache folder. */
export function defaultCacheDirectory(environment: Readonly<Record<string, string | undefined>>): string {
  if (environment['TRIVY_CACHE_DIR']) return environment['TRIVY_CACHE_DIR']
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches/trivy')
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'trivy')
}

/**
 * Reads what the database in a cache folder says of itself. Trivy accepts any age when updates are off, so the age is
 * checked here.
 *
 * @throws {ScanError} `DATA_UNAVAILABLE` when there is no database, its description cannot be read, or it is too old.
 */
export async function readDatabase(cacheDirectory: string, age: DataAge, scanner: string): Promise<ScanData> {
  const path = join(cacheDirectory, 'db', 'metadata.json')
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(await readLimited(path, 64 * 1024)).toString('utf8'))
  } catch (cause) {
    throw new ScanError('DATA_UNAVAILABLE', `no readable Trivy database: ${path}`, { cause, scanner })
  }
  const metadata = trivyMetadataSchema.safeParse(value)
  if (!metadata.success)
    throw new ScanError('DATA_UNAVAILABLE', `not the description of a Trivy database: ${path}`, { scanner })
  const { UpdatedAt: updatedAt } = metadata.data
  checkDataAge(updatedAt, age, { what: 'Trivy database', scanner })
  return { name: 'trivy-db', updatedAt, schemaVersion: String(metadata.data.Version) }
}
