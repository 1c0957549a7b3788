import { isJsonDeeperThan } from '@sallyport/core'
import { ScanError, type ScanErrorCode } from '../errors.ts'

/** Options of {@link parseDocument}. */
export interface ParseDocumentOptions {
  /** Name of the file or address, part of every message. */
  readonly source: string
  /** Code of the error when it is no JSON. */
  readonly code: ScanErrorCode
  /** Largest document in bytes. */
  readonly maxBytes: number
  /** Named in errors. */
  readonly scanner?: string | undefined
}

const maxDepth = 200

/**
 * Parses a JSON document from outside: UTF-8 with or without a byte order mark, capped in size and depth. A value that
 * was parsed already is returned as it is.
 *
 * @throws {ScanError} with `code` when it is none or too deep; `LIMIT_EXCEEDED` when it is too large.
 */
export function parseDocument(
  input: unknown,
  { source, code, maxBytes, scanner }: ParseDocumentOptions,
): unknown {
  if (typeof input !== 'string' && !(input instanceof Uint8Array)) return input
  const bytes = typeof input === 'string' ? Buffer.byteLength(input) : input.byteLength
  if (bytes > maxBytes) {
    throw new ScanError('LIMIT_EXCEEDED', `${source}: ${bytes} bytes, at most ${maxBytes} allowed`, {
      scanner,
    })
  }
  let text: string
  try {
    text = typeof input === 'string' ? input : new TextDecoder('utf-8', { fatal: true }).decode(input)
  } catch (cause) {
    throw new ScanError(code, `${source}: not UTF-8 text`, { cause, scanner })
  }
  if (isJsonDeeperThan(text, maxDepth)) {
    throw new ScanError(code, `${source}: JSON nested deeper than ${maxDepth} levels`, { scanner })
  }
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text) as unknown
  } catch (cause) {
    throw new ScanError(code, `${source}: not JSON`, { cause, scanner })
  }
}
