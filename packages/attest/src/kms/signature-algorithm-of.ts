import type { KeyObject } from 'node:crypto'
import type { SignatureAlgorithm } from '../signing/signature-algorithm.ts'

const ecdsa: Readonly<Record<string, SignatureAlgorithm>> = {
  prime256v1: 'ecdsa-sha2-256-nistp256',
  secp384r1: 'ecdsa-sha2-384-nistp384',
  secp521r1: 'ecdsa-sha2-512-nistp521',
}
const rsaBits = [2048, 3072, 4096] as const

/** How a key of a service signs; `undefined` for a key that signatures can't rest on. */
export function signatureAlgorithmOf(
  { asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject,
  rsaPadding: 'pkcs1' | 'pss',
): SignatureAlgorithm | undefined {
  switch (type) {
    case 'ec':
      return ecdsa[details?.namedCurve ?? '']
    case 'rsa': {
      const bits = rsaBits.find((each) => each === details?.modulusLength)
      return bits === undefined ? undefined : `rsa-sign-${rsaPadding}-${bits}-sha256`
    }
    case 'ed25519':
      return 'ed25519'
    default:
      return undefined
  }
}

/** The hash that is signed; `undefined` where the content itself is. */
export function hashOfAlgorithm(algorithm: SignatureAlgorithm): 'sha256' | 'sha384' | 'sha512' | undefined {
  if (algorithm === 'ed25519') return undefined
  if (algorithm === 'ecdsa-sha2-384-nistp384') return 'sha384'
  return algorithm === 'ecdsa-sha2-512-nistp521' || algorithm === 'ed25519-ph' ? 'sha512' : 'sha256'
}
