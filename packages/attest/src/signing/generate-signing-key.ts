import { generateKeyPairSync } from 'node:crypto'

/** A new key pair in PEM. */
export interface SigningKeyPair {
  /** PKCS#8, not encrypted. */
  readonly privateKey: string
  /** SPKI. */
  readonly publicKey: string
}

/** Makes a key pair of the profile that every verifier reads: ECDSA on P-256. */
export function generateSigningKey(): SigningKeyPair {
  return generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
}
