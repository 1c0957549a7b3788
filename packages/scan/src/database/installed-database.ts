import { randomUUID } from 'node:crypto'
import { open, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Digest, digestHex, isDigest } from '@sallyport/core'
import { z } from 'zod'
import { ScanError } from '../errors.ts'
import { openAdvisoryDatabase } from './open-advisory-database.ts'

const pointerName = 'current.json'
const lockName = 'current.lock'
/** Moving the pointer takes milliseconds: a lock of this age was left by a process that died. */
const staleLockMs = 60_000
/** Another process may have decided to open what is no longer current, or may still write. */
const keepMs = 3_600_000

const pointerSchema = z.object({
  digest: z.custom<Digest>((value) => isDigest(value) && value.startsWith('sha256:')),
  manifest: z.custom<Digest>(isDigest),
  builtAt: z.iso.datetime({ offset: true }),
  verified: z.boolean(),
})

/** Which database of a folder is the current one. */
export type InstalledDatabase = z.infer<typeof pointerSchema>

/** The file of a database in a folder. */
export function databasePath(directory: string, digest: Digest): string {
  return join(directory, `sha256-${digestHex(digest)}.db`)
}

/**
 * The current database of a folder, once its head could be read; `undefined` when there is none. A damaged pointer, or one to
 * a damaged file, counts as none: the next pull mends it.
 */
export async function findInstalled(directory: string): Promise<InstalledDatabase | undefined> {
  const installed = await readPointer(directory)
  if (installed === undefined) return undefined
  try {
    using database = await openAdvisoryDatabase(databasePath(directory, installed.digest))
    return database.builtAt === installed.builtAt ? installed : undefined
  } catch {
    return undefined
  }
}

async function readPointer(directory: string): Promise<InstalledDatabase | undefined> {
  try {
    const result = pointerSchema.safeParse(JSON.parse(await readFile(join(directory, pointerName), 'utf8')))
    return result.success ? result.data : undefined
  } catch {
    return undefined
  }
}

/** Options of {@link makeCurrent}. */
export interface MakeCurrentOptions {
  /** Whether an older build may take the place of a newer one. */
  readonly allowOlder: boolean
  readonly signal?: AbortSignal | undefined
}

/**
 * Points to another database of the folder, in one step; one process at a time compares and writes. Files that nobody
 * points to are removed after an hour.
 *
 * @throws {ScanError} `DATABASE_OLDER` when the one that is current by now is newer.
 */
export async function makeCurrent(
  directory: string,
  next: InstalledDatabase,
  { allowOlder, signal }: MakeCurrentOptions,
): Promise<void> {
  await withLock(
    directory,
    async () => {
      const current = await findInstalled(directory)
      if (current !== undefined && !allowOlder) checkNotOlder(next, current, directory)
      const temporary = join(directory, `${randomUUID()}.tmp`)
      const file = await open(temporary, 'wx')
      try {
        await file.writeFile(JSON.stringify(next))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, join(directory, pointerName))
      await removeOld(directory, [next.digest, ...(current === undefined ? [] : [current.digest])])
    },
    signal,
  )
}

/** @throws {ScanError} `DATABASE_OLDER` */
export function checkNotOlder(
  next: Pick<InstalledDatabase, 'builtAt'>,
  current: InstalledDatabase,
  where: string,
): void {
  if (Date.parse(next.builtAt) >= Date.parse(current.builtAt)) return
  throw new ScanError(
    'DATABASE_OLDER',
    `${where}: built at ${next.builtAt}, the one that is installed at ${current.builtAt}; allowOlder takes it all the same`,
  )
}

async function withLock(
  directory: string,
  operation: () => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  const path = join(directory, lockName)
  while (!(await createLock(path))) {
    signal?.throwIfAborted()
    const age = await stat(path).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    if (age > staleLockMs) await rm(path, { force: true })
    else await delay(5 + Math.random() * 20)
  }
  try {
    await operation()
  } finally {
    await rm(path, { force: true })
  }
}

async function createLock(path: string): Promise<boolean> {
  try {
    await (await open(path, 'wx')).close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

async function removeOld(directory: string, keep: readonly Digest[]): Promise<void> {
  const kept = new Set(keep.map((digest) => databasePath('', digest)))
  for (const name of await readdir(directory)) {
    if (kept.has(name) || !/^(?:sha256-[0-9a-f]{64}\.db|[0-9a-f-]{36}\.tmp)$/.test(name)) continue
    const path = join(directory, name)
    const status = await stat(path).catch(() => undefined)
    if (status !== undefined && Date.now() - status.mtimeMs > keepMs) await rm(path, { force: true })
  }
}
