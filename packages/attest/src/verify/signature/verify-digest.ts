import { constants, createHash, type KeyObject, publicDecrypt, timingSafeEqual } from 'node:crypto'
import { loadEd25519, loadEdwards, loadNistCurves } from '../../internal/load-libraries.ts'
import { acceptableAlgorithms } from '../../signing/acceptable-algorithms.ts'
import { signatureHash, signatureScheme } from '../../signing/algorithm-registry.ts'
import type { SignatureAlgorithm } from '../../signing/signature-algorithm.ts'
import type { DigestAlgorithm } from './unverified-signature.ts'

/** A digest and the function that made it. */
export interface DigestValue {
  readonly algorithm: DigestAlgorithm
  readonly digest: Uint8Array
}

const curves = new Map<string, { readonly curve: 'p256' | 'p384' | 'p521'; readonly bytes: number }>([
  ['prime256v1', { curve: 'p256', bytes: 32 }],
  ['secp384r1', { curve: 'p384', bytes: 48 }],
  ['secp521r1', { curve: 'p521', bytes: 66 }],
])

const digestLength: Readonly<Record<DigestAlgorithm, number>> = { sha256: 32, sha384: 48, sha512: 64 }

/** DER of `DigestInfo` up to the digest (RFC 8017, section 9.2, note 1). */
const digestInfo: Readonly<Record<DigestAlgorithm, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
}

/**
 * Whether `signature` is one by `key` over a content of which only the digest is known, in `algorithm`, or without it
 * in any that counts for the key; Node verifies contents only. Pure Ed25519 hashes the content together with the key:
 * no digest stands for it.
 */
export function verifiesDigest(
  key: KeyObject,
  value: DigestValue,
  signature: Uint8Array,
  algorithm?: SignatureAlgorithm,
): boolean {
  // ECDSA would cut a longer one off.
  if (value.digest.length !== digestLength[value.algorithm]) return false
  try {
    return acceptableAlgorithms(key)
      .filter(
        (candidate) => (algorithm ?? candidate) === candidate && signatureHash(candidate) === value.algorithm,
      )
      .some((candidate) => verifiesIn(candidate, key, value, signature))
  } catch {
    return false // the key is of another type
  }
}

function verifiesIn(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  value: DigestValue,
  signature: Uint8Array,
): boolean {
  try {
    switch (signatureScheme(algorithm)) {
      case 'ecdsa':
        return verifiesEcdsa(key, value, signature)
      case 'rsa-pkcs1':
        return hasLengthOf(key, signature) && verifiesPkcs1(key, value, signature)
      case 'rsa-pss':
        return hasLengthOf(key, signature) && verifiesPss(key, value, signature)
      case 'ed25519-ph':
        return verifiesEd25519ph(key, value, signature)
      case 'ed25519':
        return false
    }
  } catch {
    return false // a signature that can't even be parsed does not verify
  }
}

function verifiesEcdsa(key: KeyObject, { digest }: DigestValue, signature: Uint8Array): boolean {
  const known = curves.get(key.asymmetricKeyDetails?.namedCurve ?? '')
  if (known === undefined) return false
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const point = Buffer.concat([Buffer.from([0x04]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
  // Side by side, as some key services write r and s, they have a fixed length.
  const format = signature.length === 2 * known.bytes ? 'compact' : 'der'
  return loadNistCurves()[known.curve].verify(signature, digest, point, {
    prehash: false,
    lowS: false,
    format,
  })
}

/** RFC 8017, section 8.2.2, step 1: a leading zero left out would make another signature of the same number. */
function hasLengthOf(key: KeyObject, signature: Uint8Array): boolean {
  return signature.length * 8 === key.asymmetricKeyDetails?.modulusLength
}

function verifiesPkcs1(key: KeyObject, { algorithm, digest }: DigestValue, signature: Uint8Array): boolean {
  const expected = Buffer.concat([Buffer.from(digestInfo[algorithm], 'hex'), digest])
  return isEqual(publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature), expected)
}

/** EMSA-PSS verification (RFC 8017, section 9.1.2) with MGF1 of the same hash, and a salt of any length. */
function verifiesPss(key: KeyObject, { algorithm, digest }: DigestValue, signature: Uint8Array): boolean {
  // The lengths that count here are whole bytes, so the encoded message is one bit shorter than they are.
  const encoded = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature)
  const maskedLength = encoded.length - digest.length - 1
  const masked = encoded.subarray(0, maskedLength)
  const hash = encoded.subarray(maskedLength, -1)
  if (encoded.at(-1) !== 0xbc || (masked[0] ?? 0x80) >= 0x80) return false
  const block = unmask(masked, hash, algorithm)
  block[0] = (block[0] ?? 0) & 0x7f
  const one = block.findIndex((byte) => byte !== 0)
  if (one === -1 || block[one] !== 0x01) return false
  const expected = createHash(algorithm)
    .update(Buffer.alloc(8))
    .update(digest)
    .update(block.subarray(one + 1))
    .digest()
  return isEqual(expected, hash)
}

/** XOR with MGF1 (RFC 8017, appendix B.2.1). */
function unmask(masked: Uint8Array, seed: Uint8Array, algorithm: DigestAlgorithm): Buffer {
  const blocks: Buffer[] = []
  const counter = Buffer.alloc(4)
  for (let length = 0; length < masked.length; length += blocks.at(-1)?.length ?? 1) {
    counter.writeUInt32BE(blocks.length)
    blocks.push(createHash(algorithm).update(seed).update(counter).digest())
  }
  const mask = Buffer.concat(blocks)
  return Buffer.from(masked.map((byte, index) => byte ^ (mask[index] ?? 0)))
}

/** Ed25519ph of which the hash is made already (RFC 8032, section 5.1). */
function verifiesEd25519ph(key: KeyObject, { digest }: DigestValue, signature: Uint8Array): boolean {
  const domain = (data: Uint8Array): Uint8Array =>
    Buffer.concat([Buffer.from('SigEd25519 no Ed25519 collisions'), Buffer.from([1, 0]), data])
  const hash = (data: Uint8Array): Uint8Array => createHash('sha512').update(data).digest()
  const curve = loadEdwards().eddsa(
    loadEd25519().ed25519.Point,
    Object.assign(hash, { outputLen: 64, blockLen: 128 }),
    { domain },
  )
  const point = Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url')
  return curve.verify(signature, digest, point, { zip215: false })
}

function isEqual(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && timingSafeEqual(left, right)
}
