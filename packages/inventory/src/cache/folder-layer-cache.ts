import { randomUUID } from 'node:crypto'
import { lstat, mkdir, open, readdir, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { LayerFactsCache } from '../ports/layer-facts-cache.ts'

/** Options of {@link folderLayerCache}. */
export interface FolderLayerCacheOptions {
  /** Made with mode 0700 when it is missing. It must belong to nobody else: see {@link LayerFactsCache}. */
  readonly directory: string
  /** How large it may grow, in bytes; what was not used for the longest time goes first. Default 2 GiB. */
  readonly maxBytes?: number | undefined
  /** Gives the time of use. Default `Date.now`. */
  readonly now?: (() => number) | undefined
}

const suffix = '.facts'
const keyPattern = /^[0-9a-f]{64}$/
const entryName = /^[0-9a-f]{64}\.facts$/
const partName = /^[0-9a-f]{64}\.[0-9a-f-]{36}\.part$/
/** A part that is older was left behind by a process that ended. */
const maxPartAgeMs = 60 * 60 * 1000

/** Keeps the facts of layers in a folder, a file each. Any number of processes may use it at the same time. */
export function folderLayerCache({
  directory,
  maxBytes = 2 * 1024 ** 3,
  now = Date.now,
}: FolderLayerCacheOptions): LayerFactsCache {
  const pathOf = (key: string) => {
    if (!keyPattern.test(key))
      throw new RangeError(`not a key of 64 hexadecimal digits: ${JSON.stringify(key)}`)
    return join(directory, key + suffix)
  }
  return {
    async get(key) {
      const path = pathOf(key)
      try {
        await using file = await open(path, 'r')
        const { size } = await file.stat()
        if (size > maxBytes) return undefined
        const bytes = await file.readFile()
        const time = now() / 1000
        // Only for the order in which entries go; in a folder that may be read and no more they stay.
        await utimes(path, time, time).catch(() => undefined)
        return bytes
      } catch (error) {
        if (isMissing(error)) return undefined
        throw error
      }
    },
    async put(key, bytes) {
      const path = pathOf(key)
      if (bytes.byteLength > maxBytes) return
      await mkdir(directory, { recursive: true, mode: 0o700 })
      const part = join(directory, `${key}.${randomUUID()}.part`)
      try {
        await using file = await open(part, 'wx', 0o600)
        await file.writeFile(bytes)
        const time = now() / 1000
        await file.utimes(time, time)
        await rename(part, path)
      } catch (error) {
        await rm(part, { force: true })
        throw error
      }
      await evict(directory, maxBytes, now())
    },
  }
}

/** Deletes what was used the longest time ago until a tenth of the room is free again, and parts that were left. */
async function evict(directory: string, maxBytes: number, time: number): Promise<void> {
  const entries: { readonly path: string; readonly size: number; readonly used: number }[] = []
  let total = 0
  for (const name of await readdir(directory)) {
    if (!entryName.test(name) && !partName.test(name)) continue
    const path = join(directory, name)
    // Another process may have deleted it.
    const found = await lstat(path).catch(() => undefined)
    if (found === undefined) continue
    if (partName.test(name)) {
      if (time - found.mtimeMs > maxPartAgeMs) await rm(path, { force: true })
      continue
    }
    total += found.size
    entries.push({ path, size: found.size, used: found.mtimeMs })
  }
  if (total <= maxBytes) return
  for (const { path, size } of entries.sort((one, other) => one.used - other.used)) {
    if (total <= maxBytes * 0.9) return
    await rm(path, { force: true })
    total -= size
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
