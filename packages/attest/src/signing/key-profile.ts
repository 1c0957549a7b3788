import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { AttestError } from '../errors.ts'
import { loadEd25519 } from '../internal/load-libraries.ts'
import { acceptableAlgorithms } from './acceptable-algorithms.ts'
import { findWeakness } from './find-weakness.ts'
import { spkiOf } from './spki-of.ts'

/** Start and length of the SPKI form of a key on a named curve with an uncompressed point (RFC 5480, section 2). */
const spkiOfCurve: Readonly<Record<string, { readonly start: string; readonly bytes: number }>> = {
  prime256v1: { start: '3059301306072a8648ce3d020106082a8648ce3d03010703420004', bytes: 91 },
  secp384r1: { start: '3076301006072a8648ce3d020106052b8104002203620004', bytes: 120 },
  secp521r1: { start: '30819b301006072a8648ce3d020106052b810400230381860004', bytes: 158 },
}

/**
 * Returns the key, public or private, when it is one that signatures may rest on: ECDSA on P-256, P-384 or P-521, RSA of
 * 2048, 3072 or 4096 bits with the exponent 65537, or Ed25519.
 *
 * @throws {AttestError} `KEY_UNSUPPORTED` for any other key, for curve parameters that are spelled out, and for keys
 *   that are known to be weak.
 */
export function requireSupportedKey(key: KeyObject): KeyObject {
  acceptableAlgorithms(key)
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  switch (publicKey.asymmetricKeyType) {
    case 'ec':
      requirePlainPoint(publicKey)
      break
    case 'ed25519':
      requireLargeOrder(publicKey)
      break
    default: {
      const { n = '', e = '' } = publicKey.export({ format: 'jwk' })
      if (e !== 'AQAB')
        throw new AttestError('KEY_UNSUPPORTED', 'expected an RSA key with the public exponent 65537')
      const weakness = findWeakness(BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`))
      if (weakness !== undefined) throw new AttestError('KEY_UNSUPPORTED', `the RSA key ${weakness}`)
    }
  }
  return key
}

/**
 * OpenSSL gives a key whose parameters are spelled out the name of the curve, and takes the point at infinity: only the
 * encoding tells them apart. Go reads neither these nor compressed points, and the key's id would be another one.
 */
function requirePlainPoint(publicKey: KeyObject): void {
  const { start, bytes } = spkiOfCurve[publicKey.asymmetricKeyDetails?.namedCurve ?? ''] ?? {}
  const spki = writtenForm(publicKey)
  if (start === undefined || spki.length !== bytes || !spki.toString('hex').startsWith(start)) {
    throw new AttestError(
      'KEY_UNSUPPORTED',
      'expected an ECDSA key with a named curve and an uncompressed point, got other parameters',
    )
  }
}

function writtenForm(publicKey: KeyObject): Buffer {
  try {
    return spkiOf(publicKey)
  } catch {
    return Buffer.alloc(0) // the point at infinity can be read, but not written
  }
}

/** With a point of small order, one signature fits many contents. */
function requireLargeOrder(publicKey: KeyObject): void {
  const { ed25519 } = loadEd25519()
  const bytes = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  let weak: boolean
  try {
    weak = ed25519.Point.fromBytes(bytes).isSmallOrder()
  } catch {
    weak = true
  }
  if (weak) throw new AttestError('KEY_UNSUPPORTED', 'the Ed25519 key is not a point of the large group')
}

/** base64 of the SHA-256 of the key's SPKI DER form, as cosign names keys. */
export function keyIdOf(publicKey: KeyObject): string {
  return createHash('sha256').update(spkiOf(publicKey)).digest('base64')
}
