import { execFileSync } from 'node:child_process'
import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { requireTool } from '@sallyport/test-tools'
import { berkeleyDatabases } from './system.ts'
import { databases, release, type Sample } from './sample.ts'

/** An image with a database that rpm itself writes as SQLite, of all packages of the Berkeley databases. */
export async function makeRpmSqlite(folder: string): Promise<Sample> {
  const rpmdb = (backend: string, path: string, action: string, input?: Uint8Array) =>
    execFileSync(requireTool('rpm'), ['--define', `_db_backend ${backend}`, '--dbpath', path, action], {
      input,
      stdio: ['pipe', 'pipe', 'ignore'],
      maxBuffer: 64 * 1024 * 1024,
    })
  const target = join(folder, 'sqlite')
  await mkdir(target, { recursive: true })
  for (const [at, path] of berkeleyDatabases.entries()) {
    const source = join(folder, String(at))
    await mkdir(source)
    await copyFile(join(databases, path), join(source, 'Packages'))
    rpmdb('sqlite', target, '--importdb', rpmdb('bdb_ro', source, '--exportdb'))
  }
  const content = await readFile(join(target, 'rpmdb.sqlite'))
  return {
    name: 'rpm/sqlite',
    trivyScanner: 'license',
    files: { ...release('centos', '9'), 'var/lib/rpm/rpmdb.sqlite': content },
  }
}
