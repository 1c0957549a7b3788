import { parseStrictJson } from '@sallyport/core'
import { z } from 'zod'
import { AttestError } from '../errors.ts'
import { loadCiphers } from '../internal/load-libraries.ts'
import { deriveBoxKey, scryptMemory, type ScryptParameters } from './derive-box-key.ts'

const base64 = z.base64().max(32 * 1024)
const box = z.object({
  kdf: z.object({
    name: z.literal('scrypt'),
    params: z.object({ N: z.int().positive(), r: z.int().positive(), p: z.int().positive() }),
    salt: base64,
  }),
  cipher: z.object({ name: z.literal('nacl/secretbox'), nonce: base64 }),
  ciphertext: base64,
})

/** Memory that deriving the key may take; cosign's strongest setting needs 128 MiB. */
const maxMemoryBytes = 256 * 1024 * 1024

/**
 * Opens the body of a PEM block `ENCRYPTED SIGSTORE PRIVATE KEY` or `ENCRYPTED COSIGN PRIVATE KEY` and returns the
 * PKCS#8 DER inside.
 *
 * @throws {AttestError} `KEY_INVALID` when it is damaged, asks for too much work, or the passphrase is wrong.
 */
export function decryptCosignKey(body: Uint8Array, passphrase: string | undefined): Buffer {
  if (passphrase === undefined)
    throw new AttestError('KEY_INVALID', 'the private key is encrypted: give its passphrase')
  const { kdf, cipher, ciphertext } = parseBox(body)
  requireModestWork(kdf.params)
  const nonce = Buffer.from(cipher.nonce, 'base64')
  if (nonce.length !== 24)
    throw new AttestError('KEY_INVALID', 'the encrypted private key has a nonce of the wrong length')
  const { xsalsa20poly1305 } = loadCiphers()
  const key = deriveBoxKey(passphrase, Buffer.from(kdf.salt, 'base64'), kdf.params)
  try {
    return Buffer.from(xsalsa20poly1305(key, nonce).decrypt(Buffer.from(ciphertext, 'base64')))
  } catch {
    throw new AttestError(
      'KEY_INVALID',
      'the encrypted private key does not open: wrong passphrase, or damaged',
    )
  } finally {
    key.fill(0)
  }
}

function parseBox(body: Uint8Array): z.infer<typeof box> {
  try {
    return box.parse(parseStrictJson(body))
  } catch {
    throw new AttestError('KEY_INVALID', 'the encrypted private key is not in the form that cosign writes')
  }
}

function requireModestWork({ N, r, p }: ScryptParameters): void {
  const isPowerOfTwo = Number.isInteger(Math.log2(N))
  if (isPowerOfTwo && N > 1 && p <= 4 && scryptMemory({ N, r, p }) <= maxMemoryBytes) return
  throw new AttestError(
    'KEY_INVALID',
    `the private key asks for scrypt N=${N} r=${r} p=${p}, which is refused`,
  )
}
