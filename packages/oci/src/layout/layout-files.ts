import { randomUUID } from 'node:crypto'
import { constants, type Stats } from 'node:fs'
import {
  type FileHandle,
  lstat,
  mkdir,
  open,
  readFile,
  realpath,
  rename,
  rm,
  writeFile,
} from 'node:fs/promises'
import { join, sep } from 'node:path'
import { type Digest, digestAlgorithm, digestHex, parseDigest } from '@sallyport/core'
import { OciError } from '../errors.ts'

/** Read size: the 64 KiB default of Node costs a third of the speed. */
const readBytes = 256 * 1024
const maxIndexBytes = 8 * 1024 * 1024

/** Where a blob lies. The digest's form leaves no room for another path. */
function blobPath(directory: string, digest: Digest): string {
  const checked = parseDigest(digest)
  return join(directory, 'blobs', digestAlgorithm(checked), digestHex(checked))
}

/** The blob's file, or `undefined`; anything but a plain file is refused, since reading it could hang. */
export async function statBlob(directory: string, digest: Digest): Promise<Stats | undefined> {
  const path = blobPath(directory, digest)
  try {
    const stats = await lstat(path)
    if (!stats.isFile()) throw invalid(directory, `blob ${digest} is not a plain file`)
    return stats
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
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
  const file = await open(blobPath(directory, digest), constants.O_RDONLY | constants.O_NOFOLLOW)
  try {
    for (let position = offset; ;) {
      signal?.throwIfAborted()
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(readBytes), 0, readBytes, position)
      if (bytesRead === 0) return
      position += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
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
  await mkdir(folder, { recursive: true })
  const [root, target] = await Promise.all([realpath(directory), realpath(folder)])
  if (!target.startsWith(root + sep)) throw invalid(directory, 'its blobs folder leads out of it')
  await replaceFile(directory, path, async (file) => {
    for await (const chunk of content) {
      signal?.throwIfAborted()
      await file.writeFile(chunk)
    }
  })
}

/** Writes a file beside its final place and renames it, so that readers see the old or the new one. */
async function replaceFile(
  directory: string,
  path: string,
  fill: (file: FileHandle) => Promise<void>,
): Promise<void> {
  const temporary = join(directory, `.sallyport-${randomUUID()}.partial`)
  try {
    const file = await open(temporary, 'wx', 0o644)
    try {
      await fill(file)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

/** Replaces `index.json`. */
export function writeIndexFile(directory: string, text: string): Promise<void> {
  return replaceFile(directory, join(directory, 'index.json'), (file) => file.writeFile(text))
}

/** The text of `index.json`. */
export async function readIndexFile(directory: string): Promise<string> {
  const path = join(directory, 'index.json')
  try {
    const { size } = await lstat(path)
    if (size > maxIndexBytes) {
      throw new OciError('LIMIT_EXCEEDED', `${directory}: index.json has ${size} > ${maxIndexBytes} bytes`, {
        reference: directory,
      })
    }
    return await readFile(path, 'utf8')
  } catch (error) {
    if (isMissing(error)) throw invalid(directory, 'it has no index.json')
    throw error
  }
}

/** Makes an empty layout where there is nothing yet; an existing one is left as it is. */
export async function createLayoutFiles(directory: string): Promise<void> {
  await mkdir(join(directory, 'blobs', 'sha256'), { recursive: true })
  const files = [
    [
      'index.json',
      '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}',
    ],
    ['oci-layout', '{"imageLayoutVersion":"1.0.0"}'],
  ] as const
  for (const [name, text] of files) {
    await writeFile(join(directory, name), text, { flag: 'wx' }).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    })
  }
}

/**
 * Checks the `oci-layout` file.
 *
 * @throws {OciError} `LAYOUT_INVALID`.
 */
export async function checkLayoutFile(directory: string): Promise<void> {
  let version: unknown
  try {
    const path = join(directory, 'oci-layout')
    if ((await lstat(path)).size > 4096) throw invalid(directory, 'its oci-layout file is too long')
    version = (JSON.parse(await readFile(path, 'utf8')) as { imageLayoutVersion?: unknown } | null)
      ?.imageLayoutVersion
  } catch (cause) {
    if (cause instanceof OciError) throw cause
    throw invalid(directory, 'it has no readable oci-layout file', cause)
  }
  if (version !== '1.0.0') throw invalid(directory, 'expected imageLayoutVersion 1.0.0')
}

/** The error for a folder that is no valid layout. */
export function invalid(directory: string, reason: string, cause?: unknown): OciError {
  return new OciError('LAYOUT_INVALID', `${directory} is not an OCI image layout: ${reason}`, {
    reference: directory,
    cause,
  })
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | null)?.code
  return code === 'ENOENT' || code === 'ENOTDIR'
}
