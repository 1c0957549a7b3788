import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CliError } from '../errors.ts'

/** What is written: all at once, or as it comes. */
export type OutputContent = string | Uint8Array | AsyncIterable<string | Uint8Array>

/**
 * Writes a file in one step: what stood there is there until all of the new content is. After a failure or an abort
 * nothing is left of it.
 *
 * @throws {CliError} `FILE_UNWRITABLE`.
 */
export async function writeOutput(
  path: string,
  content: OutputContent,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  signal?.throwIfAborted()
  const temporary = `${path}.${randomUUID()}.tmp`
  const chunks = typeof content === 'string' || content instanceof Uint8Array ? [content] : content
  try {
    // A pipe or terminal can't be replaced, and must not be.
    const place = await stat(path).catch(() => undefined)
    if (place && !place.isFile()) {
      await pipeline(Readable.from(chunks), createWriteStream(path), { signal })
      return
    }
    await pipeline(Readable.from(chunks), createWriteStream(temporary, { flags: 'wx', flush: true }), {
      signal,
    })
    await rename(temporary, path)
  } catch (cause) {
    await rm(temporary, { force: true })
    signal?.throwIfAborted()
    const { code, syscall } = cause as NodeJS.ErrnoException
    if (syscall === undefined) throw cause
    throw new CliError('FILE_UNWRITABLE', `${path} can't be written (${code})`, {
      cause,
      advice: 'Check that its folder is there, its rights, and the space on the disk.',
    })
  }
}

/** Makes the folder of a file that a command keeps its memory in. */
export async function makeFolderOf(path: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true })
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new CliError('FILE_UNWRITABLE', `the folder of ${path} can't be made (${code})`, {
      cause,
      advice: 'Check the rights of the folder above it.',
    })
  }
}
