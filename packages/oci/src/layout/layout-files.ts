import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, readFile, realpath, rename, rm } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { type Digest, digestAlgorithm, digestHex, parseDigest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { isMissing, reading, writing } from './file-failure.ts'
import { checkLayoutVersion, emptyIndexText, layoutFileText, maxIndexBytes } from './layout-documents.ts'
import { readChunks } from './read-chunks.ts'

/** Where a blob lies. The digest's form leaves no room for another path. */
export function blobPath(directory: string, digest: Digest): string {
  const checked = parseDigest(digest)
  return join(directory, 'blobs', digestAlgorithm(checked), digestHex(checked))
}

/** The size of a blob's file, or `undefined`; anything but a plain file is refused, since reading it could hang. */
export async function statBlob(directory: string, digest: Digest): Promise<number | undefined> {
  const path = blobPath(directory, digest)
  return reading(directory, async () => {
    try {
      const stats = await lstat(path)
      if (!stats.isFile()) throw invalid(directory, `blob ${digest} is not a plain file`)
      return stats.size
    } catch (error) {
      if (isMissing(error)) return undefined
      throw error
    }
  })
}

/** Streams a blob's file. */
export async function* readBlobFile(
  directory: string,
  digest: Digest,
  offset: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  signal?.throwIfAborted()
  if ((await statBlob(directory, digest)) === undefined) {
    throw new OciError('BLOB_NOT_FOUND', `${directory}: there is no blob ${digest}`, { reference: digest })
  }
  const file = await reading(directory, () =>
    open(blobPath(directory, digest), constants.O_RDONLY | constants.O_NOFOLLOW),
  )
  try {
    yield* readChunks(directory, file, offset, Infinity, signal)
  } finally {
    await file.close()
  }
}

/** Writes content to a new file and gives it the blob's name once it is complete and on the disk. */
export async function writeBlobFile(
  directory: string,
  digest: Digest,
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const path = blobPath(directory, digest)
  const folder = join(directory, 'blobs', digestAlgorithm(digest))
  await writing(directory, async () => {
    await mkdir(folder, { recursive: true })
    const [root, target] = await Promise.all([realpath(directory), realpath(folder)])
    if (!target.startsWith(root + sep)) throw invalid(directory, 'its blobs folder leads out of it')
  })
  await replaceFile(directory, path, async (file) => {
    for await (const chunk of content) {
      signal?.throwIfAborted()
      await writing(directory, () => file.writeFile(chunk))
    }
  })
}

/**
 * Writes a file beside its final place and renames it, so that readers see the old or the new one. It is on the disk
 * before it has its name: a blob that is there by name and size is taken for complete, also after a power cut.
 */
async function replaceFile(
  directory: string,
  path: string,
  fill: (file: FileHandle) => Promise<void>,
  beforeRename: () => Promise<void> = async () => {},
): Promise<void> {
  const temporary = join(directory, `.sallyport-${randomUUID()}.partial`)
  try {
    const file = await writing(directory, () => open(temporary, 'wx', 0o644))
    try {
      await fill(file)
      await writing(directory, () => file.sync())
    } finally {
      await file.close()
    }
    await beforeRename()
    await writing(directory, () => rename(temporary, path))
  } catch (error) {
    // Whatever the removal says, the first failure is the one to report.
    await rm(temporary, { force: true }).catch(() => {})
    throw error
  }
}

/** Replaces `index.json`, if `beforeRename` does not reject. */
export function writeIndexFile(
  directory: string,
  text: string,
  beforeRename: () => Promise<void>,
): Promise<void> {
  return replaceFile(
    directory,
    join(directory, 'index.json'),
    (file) => writing(directory, () => file.writeFile(text)),
    beforeRename,
  )
}

/** The text of `index.json`. */
export function readIndexFile(directory: string): Promise<string> {
  const path = join(directory, 'index.json')
  return reading(directory, async () => {
    try {
      const stats = await lstat(path)
      if (!stats.isFile()) throw invalid(directory, 'its index.json is not a plain file')
      if (stats.size > maxIndexBytes) {
        throw new OciError(
          'LIMIT_EXCEEDED',
          `${directory}: index.json has ${stats.size} > ${maxIndexBytes} bytes`,
          { reference: directory },
        )
      }
      return await readFile(path, 'utf8')
    } catch (error) {
      if (isMissing(error)) throw invalid(directory, 'it has no index.json')
      throw error
    }
  })
}

/** Makes an empty layout where there is nothing yet; an existing one is left as it is. Call it under the index's lock. */
export async function createLayoutFiles(directory: string): Promise<void> {
  const files = [
    ['index.json', emptyIndexText],
    ['oci-layout', layoutFileText],
  ] as const
  for (const [name, text] of files) {
    const path = join(directory, name)
    if (await exists(directory, path)) continue
    await replaceFile(directory, path, (file) => writing(directory, () => file.writeFile(text)))
  }
}

/** Makes the folders of a layout. */
export function createLayoutFolders(directory: string): Promise<unknown> {
  return writing(directory, () => mkdir(join(directory, 'blobs', 'sha256'), { recursive: true }))
}

/** Whether both files of a layout are there. */
export async function hasLayoutFiles(directory: string): Promise<boolean> {
  return (
    (await exists(directory, join(directory, 'oci-layout'))) &&
    (await exists(directory, join(directory, 'index.json')))
  )
}

function exists(directory: string, path: string): Promise<boolean> {
  return reading(directory, async () => {
    try {
      await lstat(path)
      return true
    } catch (error) {
      if (isMissing(error)) return false
      throw error
    }
  })
}

/**
 * Checks the `oci-layout` file.
 *
 * @throws {OciError} `LAYOUT_INVALID`.
 */
export async function checkLayoutFile(directory: string): Promise<void> {
  const path = join(directory, 'oci-layout')
  const text = await reading(directory, async () => {
    try {
      if ((await lstat(path)).size > 4096) throw invalid(directory, 'its oci-layout file is too long')
      return await readFile(path, 'utf8')
    } catch (cause) {
      if (isMissing(cause)) throw invalid(directory, 'it has no oci-layout file', cause)
      throw cause
    }
  })
  checkLayoutVersion(text, (reason, cause) => invalid(directory, reason, cause))
}

/** The error for a folder that is no valid layout. */
export function invalid(directory: string, reason: string, cause?: unknown): OciError {
  return new OciError('LAYOUT_INVALID', `${directory} is not an OCI image layout: ${reason}`, {
    reference: directory,
    cause,
  })
}
