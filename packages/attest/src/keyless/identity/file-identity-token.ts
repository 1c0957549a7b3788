import { open } from 'node:fs/promises'
import { AttestError } from '../../errors.ts'
import type { IdentityTokenSource } from '../../ports/identity-token-source.ts'

/** Where Kubernetes projects a service account's token for cosign. */
export const projectedTokenPath = '/var/run/sigstore/cosign/oidc-token'

const maxBytes = 64 * 1024

/**
 * A token from a file that something else keeps fresh, such as Kubernetes (`serviceAccountToken` with the audience) or
 * SPIFFE's helper (a JWT-SVID); it is read each time. `token` rejects with `IDENTITY_UNAVAILABLE` when the file can't be
 * read, is empty or has more than 64 KiB.
 *
 * @param path default: `/var/run/sigstore/cosign/oidc-token`.
 */
export function fileIdentityToken(path: string = projectedTokenPath): IdentityTokenSource {
  return { token: ({ signal }) => readTokenFile(path, signal) }
}

/** @throws {AttestError} `IDENTITY_UNAVAILABLE` when there is no token in the file. */
export async function readTokenFile(path: string, signal?: AbortSignal): Promise<string> {
  signal?.throwIfAborted()
  let text: string
  try {
    await using file = await open(path)
    // One byte more than allowed tells that there is more, also of what is no regular file.
    const { bytesRead, buffer } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0)
    if (bytesRead > maxBytes)
      throw new AttestError(
        'IDENTITY_UNAVAILABLE',
        `${path}: longer than an identity token (${maxBytes} bytes)`,
      )
    text = buffer.toString('utf8', 0, bytesRead).trim()
  } catch (error) {
    if (error instanceof AttestError) throw error
    const { code = 'unknown error' } = error as NodeJS.ErrnoException
    throw new AttestError('IDENTITY_UNAVAILABLE', `${path}: the identity token can't be read (${code})`)
  }
  if (text === '') throw new AttestError('IDENTITY_UNAVAILABLE', `${path}: the file is empty`)
  return text
}
