import {
  constants,
  createHash,
  createPublicKey,
  type KeyObject,
  privateEncrypt,
  publicDecrypt,
  randomBytes,
} from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'

type HashName = 'sha256' | 'sha384' | 'sha512'

const curves = { 'P-256': p256, 'P-384': p384, 'P-521': p521 }
/** DigestInfo up to the digest (RFC 8017, section 9.2, note 1). */
const digestInfo: Readonly<Record<HashName, string>> = {
  sha256: '3031300d060960864801650304020105000420',
  sha384: '3041300d060960864801650304020205000430',
  sha512: '3051300d060960864801650304020305000440',
}

/** Signs a digest with an ECDSA key; Node itself only signs what it has hashed. */
export function signEcdsaDigest(key: KeyObject, digest: Uint8Array, format: 'der' | 'compact'): Buffer {
  const { crv, d = '' } = key.export({ format: 'jwk' })
  const curve = curves[crv as keyof typeof curves]
  const secret = Buffer.from(d, 'base64url')
  const padded = Buffer.concat([Buffer.alloc(curve.lengths.secretKey! - secret.length), secret])
  return Buffer.from(curve.sign(digest, padded, { prehash: false, lowS: false, format }))
}

/** Signs a digest with an RSA key; PSS with a salt as long as the digest (RFC 8017, sections 8.1 and 8.2). */
export function signRsaDigest(
  key: KeyObject,
  digest: Uint8Array,
  hash: HashName,
  padding: 'pkcs1' | 'pss',
): Buffer {
  if (padding === 'pkcs1') {
    const info = Buffer.concat([Buffer.from(digestInfo[hash], 'hex'), digest])
    return privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, info)
  }
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  return privateEncrypt({ key, padding: constants.RSA_NO_PADDING }, encodePss(digest, hash, bits - 1))
}

/** Whether a signature in DER, or of PKCS #1 v1.5, is one over a digest by the private key's other half. */
export function verifiesDigest(
  key: KeyObject,
  digest: Uint8Array,
  hash: HashName,
  signature: Uint8Array,
): boolean {
  const publicKey = createPublicKey(key)
  try {
    if (key.asymmetricKeyType === 'rsa') {
      const info = publicDecrypt({ key: publicKey, padding: constants.RSA_PKCS1_PADDING }, signature)
      return info.equals(Buffer.concat([Buffer.from(digestInfo[hash], 'hex'), digest]))
    }
    const { crv, x = '', y = '' } = publicKey.export({ format: 'jwk' })
    const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
    const options = { prehash: false, lowS: false, format: 'der' } as const
    return curves[crv as keyof typeof curves].verify(signature, digest, point, options)
  } catch {
    return false
  }
}

function encodePss(digest: Uint8Array, hash: HashName, bits: number): Buffer {
  const length = Math.ceil(bits / 8)
  const salt = randomBytes(digest.length)
  const seed = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest()
  const block = Buffer.alloc(length - digest.length - 1)
  block[block.length - salt.length - 1] = 1
  salt.copy(block, block.length - salt.length)
  for (let index = 0, counter = 0; index < block.length; counter++) {
    const count = Buffer.alloc(4)
    count.writeUInt32BE(counter)
    for (const byte of createHash(hash).update(seed).update(count).digest()) {
      if (index < block.length) block[index] = block[index]! ^ byte
      index++
    }
  }
  block[0]! &= 0xff >> (8 * length - bits)
  return Buffer.concat([block, seed, Buffer.from([0xbc])])
}
