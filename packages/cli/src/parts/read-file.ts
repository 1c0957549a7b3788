import { readFile as read, stat } from 'node:fs/promises'
import { CliError } from '../errors.ts'

/**
 * Reads a file that somebody named.
 *
 * @throws {CliError} `FILE_UNREADABLE`; `FILE_INVALID` above `maxBytes` (default 512 MiB).
 */
export async function readFile(
  path: string,
  {
    signal,
    maxBytes = 512 * 1024 * 1024,
  }: { readonly signal?: AbortSignal; readonly maxBytes?: number } = {},
): Promise<Buffer> {
  try {
    const { size } = await stat(path)
    if (size > maxBytes) throw new CliError('FILE_INVALID', `${path} has more than ${maxBytes} bytes`)
    return await read(path, { signal })
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof CliError) throw cause
    throw unreadable(path, cause)
  }
}

/** A file or folder that can't be read, as an error for people. */
export function unreadable(path: string, cause: unknown): CliError {
  const { code = 'unknown' } = cause as NodeJS.ErrnoException
  const why = code === 'ENOENT' ? 'is not there' : `can't be read (${code})`
  return new CliError('FILE_UNREADABLE', `${path} ${why}`, {
    cause,
    advice: 'Check the name, and the rights of the file.',
  })
}
