import type { KeyObject } from 'node:crypto'
import type { CertifyOptions, IssuedCertificate } from './certificates/certificate-authority.ts'
import type { LoggedSignature } from './log/log-entry-body.ts'
import type { AppendOptions, TransparencyLogEntry } from './log/transparency-log.ts'
import type { StampRequest } from './timestamps/timestamp-authority.ts'

/** What Fulcio, Rekor and the timestamp authority do, without their checks. */
export interface SigstoreServices {
  /** Certifies a public key for an identity, as Fulcio does. */
  certify(publicKey: KeyObject, options: CertifyOptions): IssuedCertificate
  /**
   * Logs a signature in Rekor of this version, whether it verifies or not.
   *
   * @throws {Error} when the key or the length of the digest is none that Rekor has a name for.
   */
  logEntry(version: 1 | 2, signature: LoggedSignature, options?: AppendOptions): TransparencyLogEntry
  /** A timestamp of a signature: the response of the timestamp authority, in DER. */
  timestamp(signature: Uint8Array, options?: Omit<StampRequest, 'digest'>): Buffer
}
