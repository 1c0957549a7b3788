import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, lstat, mkdir, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
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
  const file = await openPlainFile(directory, blobPath(directory, digest), `blob ${digest}`)
  if (file === undefined) {
    throw new OciError('BLOB_NOT_FOUND', `${directory}: there is no blob ${digest}`, { reference: digest })
  }
  try {
    yield* readChunks(directory, file, offset, Infinity, signal)
  } finally {
    await file.close()
  }
}

/** Opens a file that whoever made the folder may have put there: no link is followed, and no pipe or device waited for. */
async function openPlainFile(directory: string, path: string, what: string): Promise<FileHandle | undefined> {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const file = await reading(directory, async () => {
    try {
      return await open(path, flags)
    } catch (cause) {
      if (isMissing(cause)) return undefined
      if ((await lstat(path)).isFile()) throw cause
      throw invalid(directory, `${what} is not a plain file`, cause)
    }
  })
  if (file === undefined) return undefined
  try {
    if (!(await reading(directory, () => file.stat())).isFile()) {
      throw invalid(directory, `${what} is not a plain file`)
    }
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** The text of a small file; one that grows while it is read is not followed. */
async function readSmallFile(directory: string, name: string, maxBytes: number): Promise<string> {
  const file = await openPlainFile(directory, join(directory, name), `its ${name}`)
  if (file === undefined) throw invalid(directory, `it has no ${name}`)
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    for await (const chunk of readChunks(directory, file, 0, maxBytes + 1, undefined)) {
      chunks.push(chunk)
      bytes += chunk.byteLength
    }
  } finally {
    await file.close()
  }
  if (bytes > maxBytes) {
    throw new OciError('LIMIT_EXCEEDED', `${directory}: ${name} has more than ${maxBytes} bytes`, {
      reference: directory,
    })
  }
  return Buffer.concat(chunks).toString('utf8')
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
    await checkInside(directory, folder)
  })
  await replaceFile(directory, path, async (file) => {
    for await (const chunk of content) {
      signal?.throwIfAborted()
      await writing(directory, () => file.writeFile(chunk))
    }
  })
}

/**
 * Checks that a folder of the layout is one, and no link to blobs of somebody else.
 *
 * @throws {OciError} `LAYOUT_INVALID`.
 */
export async function checkInside(directory: string, folder: string): Promise<void> {
  const [root, target] = await Promise.all([realpath(directory), realpath(folder)])
  if (!target.startsWith(root + sep)) throw invalid(directory, 'its blobs folder leads out of it')
}

/** Removes a blob's file. */
export function removeBlobFile(directory: string, digest: Digest): Promise<void> {
  const path = blobPath(directory, digest)
  return writing(directory, async () => {
    await checkInside(directory, dirname(path))
    await rm(path, { force: true })
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
  return readSmallFile(directory, 'index.json', maxIndexBytes)
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
 * @throws {OciError} `LAYOUT_INVALID`, `LIMIT_EXCEEDED`.
 */
export async function checkLayoutFile(directory: string): Promise<void> {
  const text = await readSmallFile(directory, 'oci-layout', 4096)
  checkLayoutVersion(text, (reason, cause) => invalid(directory, reason, cause))
}

/** The error for a folder that is no valid layout. */
export function invalid(directory: string, reason: string, cause?: unknown): OciError {
  return new OciError('LAYOUT_INVALID', `${directory} is not an OCI image layout: ${reason}`, {
    reference: directory,
    cause,
  })
}
