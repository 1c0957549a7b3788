import { randomBytes, scryptSync } from 'node:crypto'
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { toPem } from '../signing/pem-block.ts'

/** What to put into a key in cosign's encrypted form. */
export interface CosignBoxOptions {
  readonly plain: Uint8Array
  readonly passphrase: string
  /** Default `ENCRYPTED SIGSTORE PRIVATE KEY`. */
  readonly label?: string | undefined
  /** Work of scrypt. Default 1024, which cosign itself would refuse. */
  readonly N?: number | undefined
  /** N that the box names. Default `N`. */
  readonly claimedN?: number | undefined
  /** Default 24. */
  readonly nonceBytes?: number | undefined
}

/** A private key in the encrypted form of cosign, well made or not; written without the code under test. */
export function cosignBox({
  plain,
  passphrase,
  label = 'ENCRYPTED SIGSTORE PRIVATE KEY',
  N = 1024,
  claimedN = N,
  nonceBytes = 24,
}: CosignBoxOptions): string {
  const [salt, nonce] = [randomBytes(32), randomBytes(24)]
  const key = scryptSync(passphrase, salt, 32, { N, r: 8, p: 1, maxmem: 128 * 8 * (N + 1024) })
  const box = {
    kdf: { name: 'scrypt', params: { N: claimedN, r: 8, p: 1 }, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.subarray(0, nonceBytes).toString('base64') },
    ciphertext: Buffer.from(xsalsa20poly1305(key, nonce).encrypt(plain)).toString('base64'),
  }
  return toPem(label, Buffer.from(JSON.stringify(box)))
}
