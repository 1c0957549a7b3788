/** Signs bytes with a key that may live elsewhere. */
export interface Signer {
  /** Public key in PEM (SPKI). */
  readonly publicKey: string
  /** base64 of the SHA-256 of the SPKI DER form, as cosign names keys. */
  readonly keyId: string
  /** Signature over the SHA-256 of `content`; ECDSA signatures in DER. */
  sign(content: Uint8Array, options?: { readonly signal?: AbortSignal | undefined }): Promise<Uint8Array>
}
