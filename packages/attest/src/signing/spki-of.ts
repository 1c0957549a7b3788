import type { KeyObject } from 'node:crypto'

const written = new WeakMap<KeyObject, Buffer>()

/**
 * The SPKI DER form of a public key, written once for each key object: OpenSSL takes as long for it as for verifying a
 * signature. The buffer is shared and must not be changed.
 */
export function spkiOf(publicKey: KeyObject): Buffer {
  const known = written.get(publicKey)
  if (known !== undefined) return known
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  written.set(publicKey, spki)
  return spki
}
