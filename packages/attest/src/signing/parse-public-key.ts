import { createPublicKey, type KeyObject } from 'node:crypto'
import { AttestError } from '../errors.ts'
import { keyIdOf, requireSupportedKey } from './key-profile.ts'

/** A key that signatures are verified with. */
export interface PublicKey {
  /** base64 of the SHA-256 of the SPKI DER form. */
  readonly keyId: string
  /** The key in PEM (SPKI). */
  readonly pem: string
  readonly key: KeyObject
}

const maxLength = 16 * 1024
const label = /-----BEGIN ([^\n]*?)-----/g
const publicLabels = new Set(['PUBLIC KEY', 'RSA PUBLIC KEY'])

/**
 * Reads a public key in PEM (SPKI or PKCS#1).
 *
 * @throws {AttestError} `KEY_INVALID` when the text is no public key; a private key is refused too.
 * @throws {AttestError} `KEY_UNSUPPORTED` when it is weak, or of a type, curve or size that cosign does not take.
 */
export function parsePublicKey(pem: string): PublicKey {
  if (pem.length > maxLength) {
    throw new AttestError('KEY_INVALID', `expected a public key in PEM of at most ${maxLength} characters`)
  }
  // createPublicKey would also derive a public key from a private one, which then sits in the wrong place.
  // And it reads the first block only, so a second one would go unnoticed.
  const labels = [...pem.matchAll(label)].map(([, name = '']) => name)
  if (labels.length !== 1 || !publicLabels.has(labels[0] ?? ''))
    throw new AttestError('KEY_INVALID', 'expected one PEM block "PUBLIC KEY" and nothing else')
  let key: KeyObject
  try {
    key = createPublicKey(pem)
  } catch {
    throw new AttestError('KEY_INVALID', 'the PEM block holds no readable public key')
  }
  requireSupportedKey(key)
  return toPublicKey(key)
}

/** Names a public key and writes it as PEM. */
export function toPublicKey(key: KeyObject): PublicKey {
  return { keyId: keyIdOf(key), pem: key.export({ type: 'spki', format: 'pem' }).toString(), key }
}
