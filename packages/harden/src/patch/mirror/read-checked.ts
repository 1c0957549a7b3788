import { createHash } from 'node:crypto'
import { HardenError } from '../../errors.ts'
import type { MirrorReader } from './mirror-reader.ts'

/** What a signed index says of a file. */
export interface ExpectedFile {
  readonly path: string
  readonly size: number
  /** Lower-case hexadecimal. */
  readonly sha256: string
}

/**
 * Streams a file of a mirror, and fails at its end when it is not the one that the index names. Whoever reads must not
 * believe anything before the end.
 *
 * @throws {HardenError} `CHECKSUM_MISMATCH` for another size or other bytes; what the mirror throws.
 */
export async function* readChecked(
  mirror: MirrorReader,
  { path, size, sha256 }: ExpectedFile,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash('sha256')
  let received = 0
  for await (const chunk of mirror.read(path, { maxBytes: Number.MAX_SAFE_INTEGER, signal })) {
    received += chunk.byteLength
    if (received > size) break
    hash.update(chunk)
    yield chunk
  }
  if (received !== size)
    throw new HardenError(
      'CHECKSUM_MISMATCH',
      `${path}: ${received > size ? 'more than' : `${received} of`} the ${size} bytes that the index names`,
    )
  const actual = hash.digest('hex')
  if (actual !== sha256)
    throw new HardenError('CHECKSUM_MISMATCH', `${path}: SHA-256 ${actual}, the index names ${sha256}`)
}
