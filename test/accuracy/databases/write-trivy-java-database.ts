import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Writes `java-db/` (schema 1) into a cache folder of Trivy: names of Java archives by checksum, none of them. Trivy
 * refuses to read any archive without this database; those that name themselves need no entry.
 */
export async function writeTrivyJavaDatabase(
  directory: string,
  { updatedAt }: { readonly updatedAt: Date },
): Promise<void> {
  const folder = join(directory, 'java-db')
  await mkdir(folder, { recursive: true })
  const path = join(folder, 'trivy-java.db')
  await rm(path, { force: true })
  const database = new DatabaseSync(path)
  try {
    database.exec(`
      CREATE TABLE artifacts(id INTEGER PRIMARY KEY, group_id TEXT, artifact_id TEXT);
      CREATE TABLE indices(artifact_id INTEGER, version TEXT, sha1 BLOB, archive_type TEXT,
        foreign key (artifact_id) references artifacts(id));
    `)
  } finally {
    database.close()
  }
  const metadata = {
    Version: 1,
    UpdatedAt: updatedAt.toISOString(),
    NextUpdate: new Date(updatedAt.getTime() + 72 * 3_600_000).toISOString(),
    DownloadedAt: updatedAt.toISOString(),
  }
  await writeFile(join(folder, 'metadata.json'), JSON.stringify(metadata))
}
