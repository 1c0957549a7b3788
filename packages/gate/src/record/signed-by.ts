import type { SignerIdentity } from '@sallyport/attest'

/** By whom something is signed: a key, or an identity. */
export type SignedBy =
  | {
      /** Key that signed: base64 of the SHA-256 of its SPKI form. */
      readonly keyId: string
    }
  | {
      /** Whom the certificate of the key names. */
      readonly identity: SignerIdentity
    }

/** In one line, as in the report of an audit. */
export const nameSigner = (by: SignedBy): string =>
  'identity' in by ? `${by.identity.subject} (${by.identity.issuer})` : by.keyId
