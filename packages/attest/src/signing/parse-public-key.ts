import { createPublicKey, type KeyObject } from 'node:crypto'
import { AttestError } from '../errors.ts'
import { keyIdOf, requireSupportedKey } from './key-profile.ts'
import { onlyPemBlock, toPem } from './pem-block.ts'
import { spkiOf } from './spki-of.ts'

/** A key that signatures are verified with. */
export interface PublicKey {
  /** base64 of the SHA-256 of the SPKI DER form. */
  readonly keyId: string
  /** The key in PEM (SPKI). */
  readonly pem: string
  /** The key itself. */
  readonly key: KeyObject
}

const maxLength = 16 * 1024
const forms: Readonly<Record<string, 'spki' | 'pkcs1'>> = { 'PUBLIC KEY': 'spki', 'RSA PUBLIC KEY': 'pkcs1' }
/** What SPKI puts before the PKCS#1 form of an RSA key of 2048 bits or more. */
const rsaHeaderBytes = 24

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
  const { label = '', body = '' } = onlyPemBlock(pem) ?? {}
  const type = forms[label]
  if (type === undefined)
    throw new AttestError('KEY_INVALID', 'expected one PEM block "PUBLIC KEY" and nothing else')
  const der = Buffer.from(body, 'base64')
  let key: KeyObject
  try {
    key = createPublicKey({ key: der, format: 'der', type })
  } catch {
    throw new AttestError('KEY_INVALID', 'the PEM block holds no readable public key')
  }
  requireSupportedKey(key)
  // OpenSSL passes over bytes after the key, and takes spellings that are no DER.
  const spki = spkiOf(key)
  if (!(type === 'spki' ? spki : spki.subarray(rsaHeaderBytes)).equals(der))
    throw new AttestError('KEY_INVALID', 'the PEM block holds more than a public key, or not its DER form')
  return toPublicKey(key)
}

/** Names a public key and writes it as PEM. */
export function toPublicKey(key: KeyObject): PublicKey {
  return { keyId: keyIdOf(key), pem: toPem('PUBLIC KEY', spkiOf(key)), key }
}
