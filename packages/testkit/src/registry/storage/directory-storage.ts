import { createHash, randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { link, mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Digest, toDigest } from '@sallyport/core'
import type { ContentStorage, PendingContent } from './content-storage.ts'
import { layoutPaths, unfinishedFolder } from './layout-paths.ts'

/**
 * Keeps content in the `blobs` folder of each repository's layout. A file comes into a layout whole, by a rename or a
 * hard link, so that a process that is killed leaves nothing half-written there. Equal content of several
 * repositories is one file with several links.
 *
 * @param holders Which repositories hold a digest from an earlier run.
 */
export async function createDirectoryStorage(
  directory: string,
  holders: Map<Digest, Set<string>>,
): Promise<ContentStorage> {
  const unfinished = unfinishedFolder(directory)
  // Sessions live in this process only, so files of an earlier one can never be finished.
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(unfinished, { recursive: true })
  const pathOf = (repository: string, digest: Digest) => layoutPaths(directory, repository).blob(digest)

  /** Makes a file known at the place of a digest: that of another repository where there is one. */
  const place = async (file: string, repository: string, digest: Digest) => {
    const path = pathOf(repository, digest)
    if (await exists(path)) return
    await mkdir(dirname(path), { recursive: true })
    const others = holders.get(digest) ?? new Set()
    for (const source of [...[...others].map((other) => pathOf(other, digest)), file]) {
      if (await linkFile(source, path)) break
    }
    holders.set(digest, others.add(repository))
  }
  return {
    open: (repository, digest, start, end) => readFileRange(pathOf(repository, digest), start, end),
    create: () =>
      createPendingFile(join(unfinished, randomUUID()), async (file, repository, digests) => {
        for (const digest of digests) await place(file, repository, digest)
      }),
    share: (digest, from, to) => place(pathOf(from, digest), to, digest),
    async delete(repository, digest) {
      holders.get(digest)?.delete(repository)
      await rm(pathOf(repository, digest), { force: true })
    },
  }
}

/** Writes a file so that a reader sees the old or the new content, never a part. */
export async function replaceFile(directory: string, path: string, content: string): Promise<void> {
  const temporary = join(unfinishedFolder(directory), randomUUID())
  const file = await open(temporary, 'wx')
  try {
    await file.writeFile(content)
  } finally {
    await file.close()
  }
  await rename(temporary, path)
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}

/** Links `source` to `path`; false when the source is gone meanwhile. */
async function linkFile(source: string, path: string): Promise<boolean> {
  try {
    await link(source, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return true
    if (code === 'ENOENT') return false
    throw error
  }
}

async function* readFileRange(path: string, start: number, end: number): AsyncGenerator<Uint8Array> {
  if (end >= start) yield* createReadStream(path, { start, end, highWaterMark: 256 * 1024 })
}

type Keep = (file: string, repository: string, digests: readonly Digest[]) => Promise<void>

async function createPendingFile(path: string, keep: Keep): Promise<PendingContent> {
  const file = await open(path, 'wx')
  const hash = createHash('sha256')
  let size = 0
  return {
    get size() {
      return size
    },
    async append(chunk) {
      await file.writeFile(chunk)
      hash.update(chunk)
      size += chunk.byteLength
    },
    async digest(algorithm) {
      if (algorithm === 'sha256') return toDigest(hash.copy())
      const again = createHash(algorithm)
      for await (const chunk of readFileRange(path, 0, size - 1)) again.update(chunk)
      return toDigest(again, algorithm)
    },
    async commit(repository, digests) {
      await file.close()
      await keep(path, repository, digests)
      await rm(path, { force: true })
    },
    async discard() {
      await file.close()
      await rm(path, { force: true })
    },
  }
}
