import { scryptSync } from 'node:crypto'

/** Work of scrypt (RFC 7914, section 2). */
export interface ScryptParameters {
  readonly N: number
  readonly r: number
  readonly p: number
}

/** Memory in bytes that scrypt needs with these parameters. */
export function scryptMemory({ N, r, p }: ScryptParameters): number {
  return 128 * r * (N + p) + 1024 * 1024
}

/** Key of the box that cosign keeps a private key in. The caller overwrites it after use. */
export function deriveBoxKey(passphrase: string, salt: Uint8Array, parameters: ScryptParameters): Buffer {
  const secret = Buffer.from(passphrase, 'utf8')
  try {
    return scryptSync(secret, salt, 32, { ...parameters, maxmem: scryptMemory(parameters) })
  } finally {
    secret.fill(0)
  }
}
