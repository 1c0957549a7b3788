import { type KeyObject, randomBytes } from 'node:crypto'
import { loadCiphers } from '../internal/load-libraries.ts'
import { deriveBoxKey } from './derive-box-key.ts'
import { parsePrivateKey } from './parse-private-key.ts'
import { toPem } from './pem-block.ts'

/** Options of {@link encryptPrivateKey}. */
export interface EncryptPrivateKeyOptions {
  /** Opens the new form. The empty text is a passphrase too. */
  readonly passphrase: string
  /** Opens the key as it is given, when it is encrypted. */
  readonly currentPassphrase?: string | undefined
}

/** What cosign writes: about 64 MiB and a quarter of a second for each attempt. */
const work = { N: 65536, r: 8, p: 1 }

/**
 * Encrypts a private key as cosign does: PEM `ENCRYPTED SIGSTORE PRIVATE KEY` with scrypt (N 65536, r 8, p 1) and
 * XSalsa20-Poly1305 over PKCS#8. Takes every form that `keySigner` takes, so it also changes a passphrase. Blocks the
 * event loop while the key is derived.
 *
 * @throws {AttestError} `KEY_INVALID` when it is no private key or does not open with `currentPassphrase`.
 * @throws {AttestError} `KEY_UNSUPPORTED` when it is weak, or of a type, curve or size that cosign does not take.
 */
export function encryptPrivateKey(
  key: string | KeyObject,
  { passphrase, currentPassphrase }: EncryptPrivateKeyOptions,
): string {
  const privateKey = parsePrivateKey(key, { passphrase: currentPassphrase })
  const [salt, nonce] = [randomBytes(32), randomBytes(24)]
  const der = privateKey.export({ type: 'pkcs8', format: 'der' })
  const { xsalsa20poly1305 } = loadCiphers()
  const boxKey = deriveBoxKey(passphrase, salt, work)
  try {
    const ciphertext = Buffer.from(xsalsa20poly1305(boxKey, nonce).encrypt(der))
    const box = {
      kdf: { name: 'scrypt', params: work, salt: salt.toString('base64') },
      cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
      ciphertext: ciphertext.toString('base64'),
    }
    return toPem('ENCRYPTED SIGSTORE PRIVATE KEY', Buffer.from(JSON.stringify(box), 'utf8'))
  } finally {
    der.fill(0)
    boxKey.fill(0)
  }
}
