import { constants, createHash, type KeyObject, publicDecrypt } from 'node:crypto'
import { eddsa } from '@noble/curves/abstract/edwards.js'
import { ed25519 } from '@noble/curves/ed25519.js'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { spkiOf } from './signing-key.ts'

// What stands before the digest in a signature of RSA PKCS #1 v1.5 (RFC 8017, section 9.2).
const digestInfo = new Map([
  [32, '3031300d060960864801650304020105000420'],
  [48, '3041300d060960864801650304020205000430'],
  [64, '3051300d060960864801650304020305000440'],
])

const curves = new Map([
  ['prime256v1', { curve: p256, pointLength: 65 }],
  ['secp384r1', { curve: p384, pointLength: 97 }],
  ['secp521r1', { curve: p521, pointLength: 133 }],
])

/**
 * Whether a signature is of the content with this digest, which is all that a log is given; Node.js verifies contents
 * only. Of Ed25519, only signatures of Ed25519ph can be verified so (RFC 8032, section 5.1).
 */
export function verifiesDigest(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  try {
    if (key.asymmetricKeyType === 'rsa') {
      const expected = Buffer.concat([Buffer.from(digestInfo.get(digest.length) ?? '', 'hex'), digest])
      return publicDecrypt({ key, padding: constants.RSA_PKCS1_PADDING }, signature).equals(expected)
    }
    if (key.asymmetricKeyType === 'ed25519') {
      return prehashedEd25519().verify(signature, digest, spkiOf(key).subarray(-32), { zip215: false })
    }
    const { curve, pointLength } = curves.get(key.asymmetricKeyDetails?.namedCurve ?? '')!
    const point = spkiOf(key).subarray(-pointLength)
    return curve.verify(signature, digest, point, { prehash: false, format: 'der', lowS: false })
  } catch {
    return false
  }
}

/** Ed25519ph of which the caller has made the hash. */
function prehashedEd25519() {
  const domain = (data: Uint8Array): Uint8Array =>
    Buffer.concat([Buffer.from('SigEd25519 no Ed25519 collisions'), Buffer.from([1, 0]), data])
  const hash = (data: Uint8Array): Uint8Array => createHash('sha512').update(data).digest()
  const sha512 = Object.assign(hash, { outputLen: 64, blockLen: 128 })
  return eddsa(ed25519.Point, sha512, { domain })
}
