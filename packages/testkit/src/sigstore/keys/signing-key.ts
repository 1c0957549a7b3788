import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** What one of the services signs with. */
export interface SigningKey {
  /** The private half. */
  readonly privateKey: KeyObject
  /** The public half. */
  readonly publicKey: KeyObject
  /** The public key, SPKI in DER. */
  readonly spki: Buffer
  /** Name of the key and its algorithm in `PublicKeyDetails` of Sigstore's protobuf specification. */
  readonly keyDetails: string
  /** Hash that is signed; `undefined` for Ed25519. */
  readonly hash: 'sha256' | 'sha384' | undefined
  /** OID of the signature algorithm. */
  readonly algorithm: string
  /** Signs a content with the hash above. */
  sign(content: Uint8Array): Buffer
}

const kinds = {
  p256: { hash: 'sha256', algorithm: '1.2.840.10045.4.3.2', keyDetails: 'PKIX_ECDSA_P256_SHA_256' },
  p384: { hash: 'sha384', algorithm: '1.2.840.10045.4.3.3', keyDetails: 'PKIX_ECDSA_P384_SHA_384' },
  ed25519: { hash: undefined, algorithm: '1.3.101.112', keyDetails: 'PKIX_ED25519' },
} as const

/** Makes a new key of a service. */
export function createSigningKey(kind: keyof typeof kinds): SigningKey {
  const { privateKey, publicKey } =
    kind === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: kind === 'p256' ? 'P-256' : 'P-384' })
  const { hash, algorithm, keyDetails } = kinds[kind]
  return {
    privateKey,
    publicKey,
    spki: spkiOf(publicKey),
    keyDetails,
    hash,
    algorithm,
    sign: (content) => sign(hash, content, privateKey),
  }
}

/** The public half of a key, SPKI in DER. */
export function spkiOf(key: KeyObject): Buffer {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return publicKey.export({ type: 'spki', format: 'der' })
}

export const sha256 = (content: Uint8Array | string): Buffer => createHash('sha256').update(content).digest()
