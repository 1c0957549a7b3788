import { constants, type KeyObject, verify } from 'node:crypto'
import { loadEd25519 } from '../internal/load-libraries.ts'
import { acceptableAlgorithms } from './acceptable-algorithms.ts'
import { signatureHash, signatureScheme } from './algorithm-registry.ts'
import type { SignatureAlgorithm } from './signature-algorithm.ts'

/**
 * Whether `signature` is one by `publicKey` over `content`: in `algorithm`, or without it in any of
 * {@link acceptableAlgorithms}. ECDSA counts in DER and, as for cosign, with r and s side by side (IEEE P1363), which
 * some key services write. A key of an unsupported type, an algorithm that isn't one of the key and a signature that
 * can't be parsed verify nothing. Weak keys are refused where keys are read, not here.
 *
 * Anyone can make a second ECDSA signature, (r, n - s), from a first one, and both count: so a signature's bytes name
 * nothing. What was signed and by which key does.
 */
export function verifiesSignature(
  publicKey: KeyObject,
  content: Uint8Array,
  signature: Uint8Array,
  algorithm?: SignatureAlgorithm,
): boolean {
  return supported(publicKey)
    .filter((candidate) => (algorithm ?? candidate) === candidate)
    .some(
      (candidate) =>
        verifiesIn(candidate, publicKey, content, signature) ||
        verifiesRaw(candidate, publicKey, content, signature),
    )
}

/** Whether `signature` has exactly the form in which signatures are written here: one algorithm, ECDSA in DER. */
export function verifiesAsWritten(
  publicKey: KeyObject,
  content: Uint8Array,
  signature: Uint8Array,
  algorithm: SignatureAlgorithm,
): boolean {
  return supported(publicKey).includes(algorithm) && verifiesIn(algorithm, publicKey, content, signature)
}

function supported(publicKey: KeyObject): readonly SignatureAlgorithm[] {
  try {
    return acceptableAlgorithms(publicKey)
  } catch {
    return []
  }
}

/** Libraries throw at some signatures that can't be parsed, and return `false` for others. */
function quietly(check: () => boolean): boolean {
  try {
    return check()
  } catch {
    return false
  }
}

function verifiesRaw(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  content: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (signatureScheme(algorithm) !== 'ecdsa') return false
  const hash = signatureHash(algorithm)
  return quietly(() => verify(hash, content, { key, dsaEncoding: 'ieee-p1363' }, signature))
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
    case 'ed25519':
      return quietly(() => verify(hash, content, key, signature))
    case 'rsa-pkcs1':
      return quietly(() => verify(hash, content, { key, padding: constants.RSA_PKCS1_PADDING }, signature))
    case 'rsa-pss': {
      // Services choose different salt lengths; the signature itself says which.
      const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_AUTO }
      return quietly(() => verify(hash, content, { key, ...pss }, signature))
    }
    case 'ed25519-ph': {
      const { ed25519ph } = loadEd25519()
      const point = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
      return quietly(() => ed25519ph.verify(signature, content, point, { zip215: false }))
    }
  }
}
