import { createHash } from 'node:crypto'
import type { ValidityPeriod } from './certificates/build-certificate.ts'
import {
  type CertificateAuthority,
  createCertificateAuthority,
} from './certificates/certificate-authority.ts'
import {
  type CertificateTransparencyLog,
  createCertificateTransparencyLog,
} from './certificates/certificate-transparency-log.ts'
import { rekorV1Body, rekorV2Body } from './log/log-entry-body.ts'
import { createTransparencyLog, type TransparencyLog } from './log/transparency-log.ts'
import type { SigstoreServices } from './sigstore-services.ts'
import { type SignBundleOptions, signBundle, type SignedBundle, type SignedContent } from './sign-bundle.ts'
import { createTimestampAuthority, type TimestampAuthority } from './timestamps/timestamp-authority.ts'
import { type TrustedRoot, buildTrustedRoot } from './trust/trusted-root.ts'

/** Options of {@link createSigstore}. */
export interface SigstoreOptions {
  /** The time of everything, in milliseconds since 1970. Default: the system's. */
  readonly clock?: (() => number) | undefined
  /**
   * Domain of the services as trusted root and checkpoints name them (`rekor.` and `log2.` before it); nothing is asked
   * of it. Default `sigstore.test`.
   */
  readonly hostname?: string | undefined
  /** Who runs it, as the trusted root names them. Default: the hostname. */
  readonly operator?: string | undefined
  /** When keys and authorities are valid. Default: from one year before the clock's time to nine years after. */
  readonly validity?: ValidityPeriod | undefined
  /** When the certificate of the timestamp authority is valid. Default: the same. */
  readonly timestampCertificateValidity?: ValidityPeriod | undefined
}

/**
 * A whole Sigstore in memory. Its methods check nothing, so that a test can make material that is well-formed, correctly
 * signed, and yet wrong; what the services behind {@link startSigstore} accept, they have checked.
 */
export interface Sigstore extends SigstoreServices {
  /** Domain of the services. */
  readonly hostname: string
  /** Who runs it. */
  readonly operator: string
  /** Of all its keys and authorities. */
  readonly validity: ValidityPeriod
  /** What Fulcio issues with. */
  readonly certificateAuthority: CertificateAuthority
  /** The log that sees each certificate. */
  readonly ctLog: CertificateTransparencyLog
  /** The log of Rekor v1. */
  readonly rekorV1: TransparencyLog
  /** The log of Rekor v2. */
  readonly rekorV2: TransparencyLog
  /** What vouches for times. */
  readonly timestampAuthority: TimestampAuthority
  /** Everything above that is trusted. */
  readonly trustedRoot: TrustedRoot
  /** Signs and has it witnessed: a complete bundle v0.3, valid unless the options make it otherwise. */
  sign(content: SignedContent, options?: SignBundleOptions): SignedBundle
}

const yearMs = 365 * 24 * 60 * 60_000

/** Creates a Sigstore with keys of its own, and no server. */
export function createSigstore(options: SigstoreOptions = {}): Sigstore {
  const { clock: now = Date.now, hostname = 'sigstore.test', operator = hostname } = options
  const start = Math.floor(now() / 1000) * 1000
  const { validity = { notBefore: new Date(start - yearMs), notAfter: new Date(start + 9 * yearMs) } } =
    options
  const organization = hostname
  const ctLog = createCertificateTransparencyLog({ now })
  const certificateAuthority = createCertificateAuthority({ organization, validity, ctLog, now })
  const rekorV1 = createTransparencyLog({ version: 1, hostname: `rekor.${hostname}`, now })
  const rekorV2 = createTransparencyLog({ version: 2, hostname: `log2.${hostname}`, now })
  const timestampAuthority = createTimestampAuthority({
    organization,
    validity,
    certificateValidity: options.timestampCertificateValidity,
    now,
  })
  const services: SigstoreServices = {
    certify: certificateAuthority.certify,
    logEntry: (version, signature, append) =>
      version === 1
        ? rekorV1.append(rekorV1Body(signature), append)
        : rekorV2.append(rekorV2Body(signature), append),
    timestamp(signature, { hash = 'sha256', ...stamp } = {}) {
      return timestampAuthority.stamp({ digest: createHash(hash).update(signature).digest(), hash, ...stamp })
    },
  }
  return {
    ...services,
    hostname,
    operator,
    certificateAuthority,
    ctLog,
    rekorV1,
    rekorV2,
    timestampAuthority,
    validity,
    trustedRoot: buildTrustedRoot({
      operator,
      validity,
      tlogs: [rekorV1, rekorV2].map(({ hostname, key: { publicKey } }) => ({ hostname, publicKey })),
      ctlogs: [{ hostname: `ctfe.${hostname}`, publicKey: ctLog.key.publicKey }],
      certificateAuthorities: [{ hostname: `fulcio.${hostname}`, chain: certificateAuthority.chain }],
      timestampAuthorities: [{ hostname: `timestamp.${hostname}`, chain: timestampAuthority.chain }],
    }),
    sign: (content, sign) => signBundle(services, content, sign),
  }
}
