/**
 * How a signature is made, by the names of the Sigstore algorithm registry (key type, its size, hash). ECDSA
 * signatures are in DER; `ed25519-ph` is over the SHA-512 of the content (RFC 8032, section 5.1). SHA-256 on P-384 and
 * P-521 is what cosign 2 and some services sign with: the registry keeps it for reading.
 */
export type SignatureAlgorithm =
  | 'ecdsa-sha2-256-nistp256'
  | 'ecdsa-sha2-384-nistp384'
  | 'ecdsa-sha2-256-nistp384'
  | 'ecdsa-sha2-512-nistp521'
  | 'ecdsa-sha2-256-nistp521'
  | 'rsa-sign-pkcs1-2048-sha256'
  | 'rsa-sign-pkcs1-3072-sha256'
  | 'rsa-sign-pkcs1-4096-sha256'
  | 'rsa-sign-pss-2048-sha256'
  | 'rsa-sign-pss-3072-sha256'
  | 'rsa-sign-pss-4096-sha256'
  | 'ed25519'
  | 'ed25519-ph'
