import { createPublicKey, KeyObject, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { AttestError } from '../errors.ts'
import type { Signer } from '../ports/signer.ts'
import { requireSupportedKey } from './key-profile.ts'
import { parsePrivateKey, type PrivateKeyOptions } from './parse-private-key.ts'
import { toPublicKey } from './parse-public-key.ts'

const signAsync = promisify(sign)

/**
 * Makes a signer of a private key held in memory, in PEM or as a `KeyObject`.
 *
 * @throws {AttestError} `KEY_INVALID` when it is no private key or does not open with the passphrase.
 * @throws {AttestError} `KEY_UNSUPPORTED` when it is not ECDSA P-256 or RSA of 2048 to 4096 bits.
 */
export function keySigner(key: string | KeyObject, options: PrivateKeyOptions = {}): Signer {
  const privateKey = key instanceof KeyObject ? requirePrivate(key) : parsePrivateKey(key, options)
  const { pem, keyId } = toPublicKey(createPublicKey(privateKey))
  return {
    publicKey: pem,
    keyId,
    async sign(content, { signal } = {}) {
      signal?.throwIfAborted()
      return signAsync('sha256', content, privateKey)
    },
  }
}

function requirePrivate(key: KeyObject): KeyObject {
  if (key.type !== 'private')
    throw new AttestError('KEY_INVALID', `expected a private key, got a ${key.type} key`)
  return requireSupportedKey(key)
}
