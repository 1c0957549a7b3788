import { open } from 'node:fs/promises'
import { AdmissionError } from '../errors.ts'
import type { RevocationSource } from '../ports/revocation-source.ts'
import { parseRevocations } from './parse-revocations.ts'
import type { RevocationList } from './revocation-list.ts'

/** Options of {@link revocationFile}. */
export interface RevocationFileOptions {
  /** Largest file, in bytes. Default 1 MiB. */
  readonly maxBytes?: number | undefined
}

/**
 * Takes what is revoked from a file, which is parsed again when it was changed or replaced. A file that is not there, or
 * can't be read, is an error and not an empty list: `REVOCATIONS_INVALID`.
 */
export function revocationFile(
  path: string,
  { maxBytes = 1024 * 1024 }: RevocationFileOptions = {},
): RevocationSource {
  let last: { readonly identity: string; readonly list: RevocationList } | undefined
  return {
    async read({ signal }) {
      signal.throwIfAborted()
      try {
        await using file = await open(path)
        const { size, mtimeMs, ctimeMs, ino, dev } = await file.stat()
        const identity = [size, mtimeMs, ctimeMs, ino, dev].join()
        if (last?.identity === identity) return last.list
        if (size > maxBytes)
          throw new AdmissionError('REVOCATIONS_INVALID', `${path}: more than ${maxBytes} bytes`)
        const list = parseRevocations(await file.readFile(), { source: path })
        last = { identity, list }
        return list
      } catch (cause) {
        if (cause instanceof AdmissionError) throw cause
        const message = cause instanceof Error ? cause.message : String(cause)
        throw new AdmissionError('REVOCATIONS_INVALID', `${path}: ${message}`, { cause })
      }
    },
  }
}
