import { constants, type KeyObject, verify } from 'node:crypto'
import { ed25519ph } from '@noble/curves/ed25519.js'
import { acceptableAlgorithms } from './acceptable-algorithms.ts'
import { signatureHash, signatureScheme } from './algorithm-registry.ts'
import type { SignatureAlgorithm } from './signature-algorithm.ts'

/**
 * Whether `signature` is one by `publicKey` over `content`: in `algorithm`, or without it in any of
 * {@link acceptableAlgorithms}. A key of an unsupported type, an algorithm that isn't one of the key and a signature
 * that can't be parsed verify nothing. Weak keys are refused where keys are read, not here.
 */
export function verifiesSignature(
  publicKey: KeyObject,
  content: Uint8Array,
  signature: Uint8Array,
  algorithm?: SignatureAlgorithm,
): boolean {
  try {
    return acceptableAlgorithms(publicKey).some(
      (candidate) =>
        (algorithm ?? candidate) === candidate && verifiesIn(candidate, publicKey, content, signature),
    )
  } catch {
    return false
  }
}

function verifiesIn(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  content: Uint8Array,
  signature: Uint8Array,
): boolean {
  const hash = signatureHash(algorithm)
  switch (signatureScheme(algorithm)) {
    case 'ecdsa':
      return verify(hash, content, key, signature)
    case 'rsa-pkcs1':
      return verify(hash, content, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
    case 'rsa-pss': {
      // Services choose different salt lengths; the signature itself says which.
      const padding = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
      return verify(hash, content, { key, ...padding }, signature)
    }
    case 'ed25519':
      return verify(undefined, content, key, signature)
    case 'ed25519-ph': {
      if (signature.byteLength !== 64) return false
      const point = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
      return ed25519ph.verify(signature, content, point, { zip215: false })
    }
  }
}
