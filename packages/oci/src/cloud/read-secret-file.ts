import { open } from 'node:fs/promises'
import { OciError } from '../errors.ts'
import { cloudError } from './cloud-call.ts'

const maxBytes = 1024 * 1024

/**
 * Reads a small file that a cloud's tools have put on this machine; `undefined` when it is not there.
 *
 * @throws {OciError} `CREDENTIALS_UNREADABLE` when it can't be read, or is longer than 1 MiB.
 */
export async function readSecretFile(path: string, purpose: string): Promise<string | undefined> {
  try {
    await using file = await open(path, 'r')
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(maxBytes + 1) })
    if (bytesRead > maxBytes) throw cloudError(purpose, `${path} is too long`)
    return buffer.toString('utf8', 0, bytesRead)
  } catch (error) {
    if (error instanceof OciError) throw error
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw cloudError(purpose, `${path} can't be read`, { cause: error })
  }
}
