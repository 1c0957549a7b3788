import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Clock, systemClock } from '@sallyport/core'
import type { UploadKey, UploadState, UploadStateStore } from '../ports/upload-state-store.ts'
import { uploadStateSchema } from './upload-state.schema.ts'

/** Options of {@link uploadStateFolder}. */
export interface UploadStateFolderOptions {
  /** Older states are not used: registries delete unfinished uploads. Default 7 days, as docker-registry does. */
  readonly maxAgeMs?: number | undefined
  /** Tells the time. Default: the system's. */
  readonly clock?: Clock | undefined
}

/** Longer than the longest location that a registry can give in its header fields. */
const maxFileBytes = 128 * 1024
/** Writing a state takes far less. */
const leftBehindMs = 10_000

/**
 * Keeps upload states in a folder, made when needed: one file for each unfinished upload, readable only by its owner, since
 * an upload's location may carry a signature. Files that can't be read as a state, belong to another upload or are too old
 * are deleted. Its methods reject with the errors of the file system.
 */
export function uploadStateFolder(
  directory: string,
  { maxAgeMs = 7 * 24 * 60 * 60 * 1000, clock = systemClock }: UploadStateFolderOptions = {},
): UploadStateStore {
  return {
    async load(key) {
      const path = pathOf(directory, key)
      const text = await readCapped(path)
      const saved = text === undefined ? undefined : parseState(text)
      const ageMs = clock.now().getTime() - Date.parse(saved?.savedAt ?? '')
      if (saved !== undefined && isOf(saved, key) && ageMs <= maxAgeMs) return saved.state
      await rm(path, { force: true })
      return undefined
    },
    async save({ registry, repository, digest }, { location, offset, minChunkBytes }) {
      const path = pathOf(directory, { registry, repository, digest })
      const state: UploadState = { location, offset, minChunkBytes }
      const savedAt = clock.now().toISOString()
      const text = JSON.stringify({ version: 1, registry, repository, digest, savedAt, state })
      await mkdir(directory, { recursive: true, mode: 0o700 })
      await replace(path, text)
    },
    async delete(key) {
      const path = pathOf(directory, key)
      await Promise.all([rm(path, { force: true }), rm(partialOf(path), { force: true })])
    },
  }
}

/** Names from outside never become a path. */
function pathOf(directory: string, { registry, repository, digest }: UploadKey): string {
  const name = createHash('sha256').update(`${registry}/${repository}@${digest}`).digest('hex')
  return join(directory, `${name}.json`)
}

/** Always the same name, so that processes that are killed leave no more than one file behind. */
function partialOf(path: string): string {
  return `${path}.partial`
}

function parseState(text: string): ReturnType<typeof uploadStateSchema.parse> | undefined {
  try {
    return uploadStateSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

function isOf(saved: Record<keyof UploadKey, string>, key: UploadKey): boolean {
  return saved.registry === key.registry && saved.repository === key.repository && saved.digest === key.digest
}

async function readCapped(path: string): Promise<string | undefined> {
  // A link could lead to another file, a pipe would never end.
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await open(path, flags).catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ELOOP') return undefined
    throw error
  })
  if (file === undefined) return undefined
  try {
    const stats = await file.stat()
    return stats.isFile() && stats.size <= maxFileBytes ? await file.readFile('utf8') : undefined
  } finally {
    await file.close()
  }
}

/**
 * Not synced to the disk, which would cost more than a chunk: after a power failure an upload begins again. When another
 * process is just saving the same upload, its state is as good as this one, and this one is dropped.
 */
async function replace(path: string, text: string): Promise<void> {
  const temporary = partialOf(path)
  const file = await openNew(temporary)
  if (file === undefined) return
  try {
    try {
      await file.writeFile(text)
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    if (!inUseCodes.has((error as NodeJS.ErrnoException).code ?? '')) throw error
  }
}

/**
 * Whoever ended the same upload took the file away; or somebody has it open, which keeps Windows from replacing it (a virus
 * scanner opens every new one).
 */
const inUseCodes: ReadonlySet<string> = new Set(['ENOENT', 'EPERM', 'EACCES', 'EBUSY'])

/** Opens a file that only we write; `undefined` when somebody else just does. */
async function openNew(path: string): Promise<FileHandle | undefined> {
  for (const last of [false, true]) {
    try {
      return await open(path, 'wx', 0o600)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      if (last || !(await isLeftBehind(path))) return undefined
      await rm(path, { force: true })
    }
  }
  return undefined
}

/** Whether the process that wrote a file has ended: a clock that went back must not make it look new for ever. */
async function isLeftBehind(path: string): Promise<boolean> {
  const stats = await lstat(path).catch(() => undefined)
  return stats === undefined || Math.abs(Date.now() - stats.mtimeMs) > leftBehindMs
}
