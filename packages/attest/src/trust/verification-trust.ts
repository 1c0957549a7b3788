import type { SignatureAlgorithm } from '../signing/signature-algorithm.ts'
import type { TrustedRoot } from './trusted-root.ts'

/** Whom signatures are believed from, and what a certificate must come with. */
export interface VerificationTrust {
  /** Public keys in PEM whose signatures count; with an algorithm or a time of validity as an object. */
  readonly keys?: readonly (string | TrustedKey)[] | undefined
  /**
   * Certificate authorities, logs and timestamp authorities; without it, no certificate counts, and log entries and
   * timestamps beside a signature by a key are not looked at. With it, each that is there must verify.
   */
  readonly root?: TrustedRoot | undefined
  /** Which certificates count. Default: every certificate that the root vouches for, with its identity in the report; an empty list: none. */
  readonly identities?: readonly CertificateIdentity[] | undefined
  /** Independent confirmations needed. */
  readonly thresholds?: ConfirmationThresholds | undefined
}

/**
 * How many confirmations a signature needs. Parts of a trusted root with the same operator count once, and so do all
 * that name no operator.
 */
export interface ConfirmationThresholds {
  /** Entries in transparency logs. Default 1 with a certificate, 0 with a key. */
  readonly log?: number | undefined
  /** Times of the signature, by a log or a timestamp authority. Default and least 1 with a certificate, 0 with a key. */
  readonly time?: number | undefined
  /** Signed certificate timestamps. Default 1 with a certificate. */
  readonly ctLog?: number | undefined
}

/** A public key with what is known about its use. */
export interface TrustedKey {
  /** In PEM (SPKI or PKCS#1). */
  readonly pem: string
  /** Default: what cosign uses for a key of this type. */
  readonly algorithm?: SignatureAlgorithm | undefined
  /**
   * When signatures by it count, both ends included. A signature with verified times is judged by each of them, one
   * without by the current time.
   */
  readonly validFor?: Validity | undefined
  /**
   * Name that the signer's tool gives the key in bundles, when it is not the SHA-256 of the key (as with npm's
   * `SHA256:…`).
   */
  readonly hint?: string | undefined
}

/** A span of time, both ends included. */
export interface Validity {
  /** The first moment; none means ever since. */
  readonly start?: Date | undefined
  /** The last moment; none means until further notice. */
  readonly end?: Date | undefined
}

/** Whose certificates count: all fields must match. */
export interface CertificateIdentity {
  /** Issuer of the identity token. */
  readonly issuer: string | TextPattern
  /** Subject alternative name. */
  readonly subject: string | TextPattern
  /** Claims of the certificate by Fulcio's names, such as `sourceRepositoryURI`. */
  readonly claims?: Readonly<Record<string, string | TextPattern>> | undefined
}

/** A regular expression that the whole text must match, in RE2's syntax (linear time). */
export interface TextPattern {
  /** The expression, without anchors. */
  readonly pattern: string
}
