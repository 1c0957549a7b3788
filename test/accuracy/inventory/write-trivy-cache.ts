import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { writeTrivyDatabase } from '../databases/write-trivy-database.ts'

/** Writes a cache with empty databases, without which Trivy reads no Java archive. */
export async function writeTrivyCache(cache: string): Promise<void> {
  await writeTrivyDatabase([], cache)
  const folder = join(cache, 'java-db')
  await mkdir(folder, { recursive: true })
  const database = new DatabaseSync(join(folder, 'trivy-java.db'))
  database.exec('CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT)')
  database.exec(
    'CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT, license TEXT)',
  )
  database.close()
  const times = { UpdatedAt: '2026-01-01T00:00:00Z', DownloadedAt: '2026-01-01T00:00:00Z' }
  const metadata = { Version: 1, NextUpdate: '2099-01-01T00:00:00Z', ...times }
  await writeFile(join(folder, 'metadata.json'), JSON.stringify(metadata))
}
