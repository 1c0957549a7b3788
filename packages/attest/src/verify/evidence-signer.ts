/** Who signed a piece of evidence, as it was verified. */
export type EvidenceSigner =
  | {
      readonly kind: 'key'
      /** As in `Signer.keyId`. */
      readonly keyId: string
    }
  | {
      readonly kind: 'certificate'
      /** Issuer of the identity token (Fulcio's OID 1.3.6.1.4.1.57264.1.8, else 1.1). */
      readonly issuer: string
      /** Subject alternative name: a URI, an e-mail address, or Fulcio's other name. */
      readonly subject: string
      /** Further claims of the certificate by Fulcio's names for its OIDs, such as `buildSignerURI`. */
      readonly claims: Readonly<Record<string, string>>
      /** Since when the certificate is valid: no signature by it is older. */
      readonly validFrom?: Date | undefined
    }

/** A time at which the signature certainly existed, and who says so. */
export interface VerifiedTime {
  /** Who says so. */
  readonly source: 'log' | 'timestamp-authority'
  /** The time. */
  readonly time: Date
}

/** An entry of a transparency log whose inclusion was verified, with its own key compared with the signer's. */
export interface VerifiedLogEntry {
  /** hex of the log's id. */
  readonly logId: string
  /** Position in the log, as a decimal number. */
  readonly index: string
  /** When the log says that it took the entry; absent where it says nothing. */
  readonly integratedAt?: Date | undefined
}
