import { constants, createHash, type KeyObject, publicDecrypt, timingSafeEqual } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import type { DigestAlgorithm } from './unverified-signature.ts'

/** A digest and the function that made it. */
export interface DigestValue {
  readonly algorithm: DigestAlgorithm
  readonly digest: Uint8Array
}

const curves = new Map([
  ['prime256v1', { curve: p256, hash: 'sha256' }],
  ['secp384r1', { curve: p384, hash: 'sha384' }],
  ['secp521r1', { curve: p521, hash: 'sha512' }],
])

/** DER of `DigestInfo` up to the digest (RFC 8017, section 9.2, note 1). */
const digestInfo: Readonly<Record<DigestAlgorithm, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
}

/**
 * Whether `signature` is one by `key` over a content of which only the digest is known; Node verifies contents only.
 * ECDSA with the hash that belongs to the curve, and RSA with PKCS#1 v1.5 or, when `padding` says so, PSS. Ed25519 hashes the content itself,
 * together with the key: no digest stands for it.
 */
export function verifiesDigest(
  key: KeyObject,
  { algorithm, digest }: DigestValue,
  signature: Uint8Array,
  { padding = 'pkcs1' }: { readonly padding?: 'pkcs1' | 'pss' | undefined } = {},
): boolean {
  try {
    if (key.asymmetricKeyType === 'ec') return verifiesEcdsa(key, { algorithm, digest }, signature)
    if (key.asymmetricKeyType !== 'rsa') return false
    return padding === 'pss'
      ? verifiesPss(key, { algorithm, digest }, signature)
      : verifiesPkcs1(key, { algorithm, digest }, signature)
  } catch {
    return false // a signature that cannot even be parsed does not verify
  }
}

function verifiesEcdsa(key: KeyObject, { algorithm, digest }: DigestValue, signature: Uint8Array): boolean {
  const known = curves.get(key.asymmetricKeyDetails?.namedCurve ?? '')
  if (known?.hash !== algorithm) return false
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const point = Buffer.concat([Buffer.from([0x04]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
  return known.curve.verify(signature, digest, point, { prehash: false, lowS: false, format: 'der' })
}

function verifiesPkcs1(key: KeyObject, { algorithm, digest }: DigestValue, signature: Uint8Array): boolean {
  const expected = Buffer.concat([Buffer.from(digestInfo[algorithm], 'hex'), digest])
  const opened = publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature)
  return opened.length === expected.length && timingSafeEqual(opened, expected)
}

/** EMSA-PSS verification (RFC 8017, section 9.1.2) with MGF1 of the same hash, and a salt of any length. */
function verifiesPss(key: KeyObject, { algorithm, digest }: DigestValue, signature: Uint8Array): boolean {
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  const opened = publicDecrypt({ key, padding: constants.RSA_NO_PADDING }, signature)
  const encoded = opened.subarray(opened.length - Math.ceil((bits - 1) / 8))
  if (opened.subarray(0, opened.length - encoded.length).some((byte) => byte !== 0)) return false
  const unused = 8 * encoded.length - (bits - 1)
  const maskedLength = encoded.length - digest.length - 1
  const masked = encoded.subarray(0, maskedLength)
  const hash = encoded.subarray(maskedLength, -1)
  if (encoded.at(-1) !== 0xbc || (masked[0] ?? 0) >> (8 - unused) !== 0) return false
  const block = unmask(masked, hash, algorithm)
  block[0] = (block[0] ?? 0) & (0xff >> unused)
  const one = block.findIndex((byte) => byte !== 0)
  if (one === -1 || block[one] !== 0x01) return false
  const expected = createHash(algorithm)
    .update(Buffer.alloc(8))
    .update(digest)
    .update(block.subarray(one + 1))
    .digest()
  return expected.length === hash.length && timingSafeEqual(expected, hash)
}

/** XOR with MGF1 (RFC 8017, appendix B.2.1). */
function unmask(masked: Uint8Array, seed: Uint8Array, algorithm: DigestAlgorithm): Buffer {
  const blocks: Buffer[] = []
  const counter = Buffer.alloc(4)
  for (let length = 0; length < masked.length;) {
    counter.writeUInt32BE(blocks.length)
    const block = createHash(algorithm).update(seed).update(counter).digest()
    blocks.push(block)
    length += block.length
  }
  const mask = Buffer.concat(blocks)
  return Buffer.from(masked.map((byte, index) => byte ^ (mask[index] ?? 0)))
}
