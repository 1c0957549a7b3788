import type { SignatureAlgorithm } from '../signing/signature-algorithm.ts'

/** Signs bytes with one key; the key may live elsewhere (KMS, HSM). */
export interface Signer {
  /** Public key in PEM (SPKI). */
  readonly publicKey: string
  /** base64 of the SHA-256 of the SPKI DER form, as cosign names keys. */
  readonly keyId: string
  /** Default: the hash of the curve's size, RSA in PKCS#1 v1.5, pure Ed25519. */
  readonly algorithm?: SignatureAlgorithm | undefined
  /** Present when a certificate vouches for the key; then evidence is verified by the certificate's identity. */
  readonly certificate?: SigningCertificate | undefined
  /** Signs the content (not its digest). */
  sign(content: Uint8Array, options?: { readonly signal?: AbortSignal | undefined }): Promise<Uint8Array>
}

/** A certificate with the chain that leads to its root, in PEM. */
export interface SigningCertificate {
  /** The certificate of the key, in PEM. */
  readonly leaf: string
  /** Intermediates, the issuer of the leaf first; may be empty. Roots are left to the verifier. */
  readonly chain: readonly string[]
}

/** A signer whose key is certified. */
export interface CertifiedSigner extends Signer {
  /** Vouches for the key. */
  readonly certificate: SigningCertificate
}

/** Makes a key that lives for one signature (or a few) and has it certified: keyless signing. */
export interface KeylessSigner {
  /** Makes a key and has it certified; the signer may be used until the certificate ends. */
  certify(options?: { readonly signal?: AbortSignal | undefined }): Promise<CertifiedSigner>
}
