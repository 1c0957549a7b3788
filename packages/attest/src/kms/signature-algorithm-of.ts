import type { KeyObject } from 'node:crypto'
import { acceptableAlgorithms } from '../signing/acceptable-algorithms.ts'
import type { SignatureAlgorithm } from '../signing/signature-algorithm.ts'

/** How a key of a service signs; `undefined` for a key that signatures can't rest on. */
export function signatureAlgorithmOf(
  publicKey: KeyObject,
  rsaPadding: 'pkcs1' | 'pss',
): SignatureAlgorithm | undefined {
  try {
    const isMeant = (algorithm: SignatureAlgorithm): boolean =>
      !algorithm.startsWith('rsa-') || algorithm.startsWith(`rsa-sign-${rsaPadding}-`)
    return acceptableAlgorithms(publicKey).find(isMeant)
  } catch {
    return undefined
  }
}
