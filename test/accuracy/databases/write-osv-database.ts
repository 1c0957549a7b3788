import { mkdir, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { OsvRecord } from '@sallyport/scan'
import { writeZip } from './write-zip.ts'

/**
 * Writes `<ecosystem>/all.zip` for each ecosystem of the records into a folder: what OSV-Scanner 2.5 looks for in
 * `$OSV_SCALIBR_LOCAL_DB_CACHE_DIRECTORY/osv-scalibr`. The files' times are `updatedAt`: nothing else says how old they
 * are.
 */
export async function writeOsvDatabase(
  records: readonly OsvRecord[],
  directory: string,
  { updatedAt = new Date() }: { readonly updatedAt?: Date | undefined } = {},
): Promise<void> {
  const ecosystems = new Map<string, Map<string, Uint8Array>>()
  for (const record of records) {
    const names = (record.affected ?? []).flatMap(({ package: pkg }) => pkg?.ecosystem.split(':', 1) ?? [])
    for (const name of names) {
      const files = ecosystems.get(name) ?? new Map<string, Uint8Array>()
      ecosystems.set(name, files)
      files.set(`${record.id}.json`, Buffer.from(JSON.stringify(record)))
    }
  }
  for (const [name, files] of ecosystems) {
    const folder = join(directory, name)
    await mkdir(folder, { recursive: true })
    await writeZip(join(folder, 'all.zip'), files)
    await utimes(join(folder, 'all.zip'), updatedAt, updatedAt)
  }
}
