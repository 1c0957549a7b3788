import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { encryptPrivateKey } from './encrypt-private-key.ts'
import { toPublicKey } from './parse-public-key.ts'
import type { SignatureAlgorithm } from './signature-algorithm.ts'

/** A new key pair in PEM. */
export interface SigningKeyPair {
  /** As cosign encrypts keys when there is a passphrase, otherwise PKCS#8 in the clear. */
  readonly privateKey: string
  /** SPKI. */
  readonly publicKey: string
}

/** Options of {@link generateSigningKey}. */
export interface GenerateSigningKeyOptions {
  /**
   * What the key is to sign with. Default `ecdsa-sha2-256-nistp256`, which every verifier reads. The key itself does not
   * say it: where it is not the default of the key's type, `keySigner` has to be told too.
   */
  readonly algorithm?: SignatureAlgorithm | undefined
  /** Encrypts the private key. The empty text is a passphrase too. Default: not encrypted. */
  readonly passphrase?: string | undefined
}

/**
 * Makes a key pair. Blocks the event loop: a quarter of a second for a passphrase, seconds for RSA of 4096 bits.
 */
export function generateSigningKey({
  algorithm = 'ecdsa-sha2-256-nistp256',
  passphrase,
}: GenerateSigningKeyOptions = {}): SigningKeyPair {
  const { privateKey, publicKey } = generatePair(algorithm)
  return {
    privateKey:
      passphrase === undefined
        ? privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
        : encryptPrivateKey(privateKey, { passphrase }),
    publicKey: toPublicKey(publicKey).pem,
  }
}

function generatePair(algorithm: SignatureAlgorithm): { privateKey: KeyObject; publicKey: KeyObject } {
  switch (algorithm) {
    case 'ecdsa-sha2-256-nistp256':
      return generateKeyPairSync('ec', { namedCurve: 'P-256' })
    case 'ecdsa-sha2-384-nistp384':
    case 'ecdsa-sha2-256-nistp384':
      return generateKeyPairSync('ec', { namedCurve: 'P-384' })
    case 'ecdsa-sha2-512-nistp521':
    case 'ecdsa-sha2-256-nistp521':
      return generateKeyPairSync('ec', { namedCurve: 'P-521' })
    case 'rsa-sign-pkcs1-2048-sha256':
    case 'rsa-sign-pss-2048-sha256':
      return generateKeyPairSync('rsa', { modulusLength: 2048 })
    case 'rsa-sign-pkcs1-3072-sha256':
    case 'rsa-sign-pss-3072-sha256':
      return generateKeyPairSync('rsa', { modulusLength: 3072 })
    case 'rsa-sign-pkcs1-4096-sha256':
    case 'rsa-sign-pss-4096-sha256':
      return generateKeyPairSync('rsa', { modulusLength: 4096 })
    case 'ed25519':
    case 'ed25519-ph':
      return generateKeyPairSync('ed25519')
  }
}
