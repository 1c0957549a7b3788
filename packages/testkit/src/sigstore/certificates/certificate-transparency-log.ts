import { createSigningKey, sha256, type SigningKey } from '../keys/signing-key.ts'

/** A log of certificates: of what it saw it gives signed timestamps (RFC 6962). */
export interface CertificateTransparencyLog {
  /** What it signs with. */
  readonly key: SigningKey
  /** SHA-256 of the public key. */
  readonly logId: Buffer
  /** The signed timestamp, as it is embedded in the certificate (RFC 6962, section 3.2). */
  addPrecertificate(precertificate: Precertificate): Buffer
}

/** What a log of certificates is given. */
export interface Precertificate {
  /** The certificate without signature and without timestamps, in DER. */
  readonly tbs: Uint8Array
  /** The issuer's public key, SPKI in DER. */
  readonly issuerSpki: Uint8Array
}

/** Creates a log of certificates with a key of its own. */
export function createCertificateTransparencyLog(options: {
  readonly now: () => number
}): CertificateTransparencyLog {
  const key = createSigningKey('p256')
  const logId = sha256(key.spki)
  return {
    key,
    logId,
    addPrecertificate({ tbs, issuerSpki }) {
      const timestamp = Buffer.alloc(8)
      timestamp.writeBigUInt64BE(BigInt(options.now()))
      const length = Buffer.alloc(4)
      length.writeUInt32BE(tbs.length)
      const signed = Buffer.concat([
        Buffer.from([0, 0]), // version 1, certificate_timestamp
        timestamp,
        Buffer.from([0, 1]), // precert_entry
        sha256(issuerSpki),
        length.subarray(1),
        tbs,
        Buffer.from([0, 0]), // no extensions
      ])
      const signature = key.sign(signed)
      const signatureLength = Buffer.alloc(2)
      signatureLength.writeUInt16BE(signature.length)
      return Buffer.concat([
        Buffer.from([0]), // version 1
        logId,
        timestamp,
        Buffer.from([0, 0]), // no extensions
        Buffer.from([4, 3]), // SHA-256, ECDSA
        signatureLength,
        signature,
      ])
    },
  }
}
