import { randomUUID } from 'node:crypto'
import { type FileHandle, open, readFile, readlink, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { OciError } from '../errors.ts'
import { printable } from '../internal/printable.ts'
import { isMissing, reading, writing } from './file-failure.ts'

/** How {@link withIndexLock} waits. */
export interface IndexLockOptions {
  /** How long another writer is waited for. Default 60,000. */
  readonly waitMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** A change takes milliseconds: an owner of whom nothing can be known is given up after this. */
const staleMs = 60_000
const fileName = '.sallyport-index.lock'

interface Owner {
  /** Where `pid` means something: two containers may share a host name and not see each other's processes. */
  readonly place: string
  readonly pid: number
  /** When the process began, where the system tells; numbers of processes are used again. */
  readonly began?: string | undefined
  readonly token: string
}

/**
 * Runs an operation while this process alone may change the layout's `index.json`. A lock file says who changes it:
 * that of a process that no longer runs is removed, and so is one of another machine when it is older than a minute.
 * `checkHeld` rejects when somebody took the lock for abandoned; call it just before the change becomes visible.
 *
 * @throws {OciError} `LAYOUT_UNWRITABLE` (retryable) when another writer holds the lock for longer than `waitMs`.
 */
export async function withIndexLock<T>(
  directory: string,
  operation: (checkHeld: () => Promise<void>) => Promise<T>,
  { waitMs = 60_000, signal }: IndexLockOptions = {},
): Promise<T> {
  const path = join(directory, fileName)
  const own: Owner = {
    place: await thisPlace(),
    pid: process.pid,
    began: await beginOf(process.pid),
    token: randomUUID(),
  }
  const deadline = Date.now() + waitMs
  while (!(await create(directory, path, own))) {
    signal?.throwIfAborted()
    if (await removeAbandoned(directory, path, own)) continue
    if (Date.now() >= deadline) throw locked(directory, await readOwner(path))
    await delay(2 + Math.random() * 18, undefined, { signal }).catch(() => signal?.throwIfAborted())
  }
  const isHeld = async (): Promise<boolean> => (await readOwner(path))?.token === own.token
  try {
    return await operation(async () => {
      if (!(await isHeld())) throw locked(directory, await readOwner(path))
    })
  } finally {
    if (await isHeld()) await writing(directory, () => rm(path, { force: true }))
  }
}

async function create(directory: string, path: string, own: Owner): Promise<boolean> {
  let file: FileHandle
  try {
    file = await writing(directory, () => open(path, 'wx'))
  } catch (error) {
    if (error instanceof OciError && (error.cause as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  try {
    await writing(directory, () => file.writeFile(JSON.stringify(own)))
    return true
  } catch (error) {
    // On a full disk the lock would stay, with nobody's name in it.
    await rm(path, { force: true })
    throw error
  } finally {
    await file.close()
  }
}

/** Removes the lock of a dead owner. A second lock guards it, so that nobody removes the lock of the next owner. */
async function removeAbandoned(directory: string, path: string, own: Owner): Promise<boolean> {
  if (!(await isAbandoned(directory, path, own.place))) return false
  const guard = `${path}.removal`
  if (!(await create(directory, guard, own))) {
    if (await isAbandoned(directory, guard, own.place))
      await writing(directory, () => rm(guard, { force: true }))
    return false
  }
  try {
    if (await isAbandoned(directory, path, own.place))
      await writing(directory, () => rm(path, { force: true }))
    return true
  } finally {
    await writing(directory, () => rm(guard, { force: true }))
  }
}

async function isAbandoned(directory: string, path: string, place: string): Promise<boolean> {
  const owner = await readOwner(path)
  if (owner?.place === place) return !(await isRunning(owner))
  return reading(directory, async () => {
    try {
      return Date.now() - (await stat(path)).mtimeMs > staleMs
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  })
}

/** Who holds a lock; `undefined` when it is gone, or not written to its end yet. */
async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    const { place, pid, began, token } = JSON.parse(await readFile(path, 'utf8')) as Partial<Owner>
    if (typeof place !== 'string' || typeof token !== 'string') return undefined
    return Number.isSafeInteger(pid) && Number(pid) > 0
      ? { place, pid: Number(pid), began, token }
      : undefined
  } catch {
    return undefined
  }
}

async function isRunning({ pid, began }: Owner): Promise<boolean> {
  try {
    process.kill(pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  // In containers the first process has the same number each time.
  const current = await beginOf(pid)
  return began === undefined || current === undefined || began === current
}

/** When a process began, in ticks since the system did (proc_pid_stat(5), field 22); `undefined` elsewhere than on Linux. */
async function beginOf(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  // The second field is the name, in brackets, with anything in it.
  return text.slice(text.lastIndexOf(')') + 2).split(' ')[19]
}

async function thisPlace(): Promise<string> {
  const [boot, namespace] = await Promise.all([
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => ''),
    readlink('/proc/self/ns/pid').catch(() => ''),
  ])
  return [hostname(), boot.trim(), namespace].join(' ').trim()
}

function locked(directory: string, owner: Owner | undefined): OciError {
  return new OciError(
    'LAYOUT_UNWRITABLE',
    `${directory}: another writer${owner === undefined ? '' : ` (process ${owner.pid} on ${printable(owner.place, 100)})`} holds ${fileName}`,
    { reference: directory, retryable: true },
  )
}
