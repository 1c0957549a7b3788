import { verifiesSignature } from '../signing/verifies-signature.ts'
import type { PublicKey } from '../signing/parse-public-key.ts'
import { Rejection } from './rejection.ts'

/** A signature and what it claims to be over. */
export interface SignedContent {
  readonly content: Uint8Array
  readonly signature: Uint8Array
  /** Key id that the signer noted. Only a hint: other tools use other forms. */
  readonly hint?: string | undefined
  /** Whether the signature comes with a certificate. */
  readonly hasCertificate?: boolean | undefined
}

/**
 * Returns the key that made the signature.
 *
 * @throws {Rejection} `signature-invalid` when a key is meant but did not make it; `key-unknown` when the
 *   signature names another key or a certificate.
 */
export function findSigningKey(
  { content, signature, hint, hasCertificate = false }: SignedContent,
  keys: readonly PublicKey[],
): PublicKey {
  const meant = keys.find(({ keyId }) => keyId === hint)
  const ordered = meant === undefined ? keys : [meant, ...keys.filter((key) => key !== meant)]
  const found = ordered.find(({ key }) => verifiesSignature(key, content, signature))
  if (found !== undefined) return found
  if (meant !== undefined)
    throw new Rejection('signature-invalid', `the signature is not one by key ${meant.keyId}`)
  if (hasCertificate)
    throw new Rejection('key-unknown', 'signed with a certificate and by none of the given keys')
  if (hint !== undefined)
    throw new Rejection('key-unknown', `signed with ${JSON.stringify(hint)}, which is none of the given keys`)
  throw new Rejection('signature-invalid', 'the signature is by none of the given keys')
}
