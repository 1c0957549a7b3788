import type { ValidityPeriod } from '../certificates/build-certificate.ts'
import type { CertificateAuthority } from '../certificates/certificate-authority.ts'
import type { CertificateTransparencyLog } from '../certificates/certificate-transparency-log.ts'
import type { TransparencyLog } from '../log/transparency-log.ts'
import type { TimestampAuthority } from '../timestamps/timestamp-authority.ts'

/** From when to when something counts, in RFC 3339. */
export interface JsonValidity {
  readonly start: string
  readonly end?: string | undefined
}

/** A log in a {@link TrustedRoot}. */
export interface JsonLog {
  readonly baseUrl: string
  readonly hashAlgorithm: string
  readonly publicKey: {
    readonly rawBytes: string
    readonly keyDetails: string
    readonly validFor: JsonValidity
  }
  readonly logId: { readonly keyId: string }
  readonly operator: string
}

/** An authority in a {@link TrustedRoot}. */
export interface JsonAuthority {
  readonly subject: { readonly organization: string; readonly commonName: string }
  readonly uri: string
  readonly certChain: { readonly certificates: readonly { readonly rawBytes: string }[] }
  readonly validFor: JsonValidity
  readonly operator: string
}

/** Keys and certificates that signatures are verified with (`TrustedRoot` in protobuf's JSON). */
export interface TrustedRoot {
  readonly mediaType: string
  readonly tlogs: readonly JsonLog[]
  readonly certificateAuthorities: readonly JsonAuthority[]
  readonly ctlogs: readonly JsonLog[]
  readonly timestampAuthorities: readonly JsonAuthority[]
}

// The public instance's; cosign 3.1 refuses the one of v0.2, `application/vnd.dev.sigstore.trustedroot.v0.2+json`.
const mediaType = 'application/vnd.dev.sigstore.trustedroot+json;version=0.1'

interface TrustedParts {
  readonly organization: string
  readonly hostname: string
  readonly operator: string
  readonly logs: readonly TransparencyLog[]
  readonly authority: CertificateAuthority
  readonly ctLog: CertificateTransparencyLog
  readonly timestampAuthority: TimestampAuthority
}

/** The trusted root of these parts. */
export function trustedRootOf(parts: TrustedParts): TrustedRoot {
  const { organization, hostname, operator, logs, authority, ctLog, timestampAuthority } = parts
  const authorityOf = (
    name: string,
    commonName: string,
    from: CertificateAuthority | TimestampAuthority,
  ) => ({
    subject: { organization, commonName },
    uri: `https://${name}.${hostname}`,
    certChain: { certificates: from.chain.map((der) => ({ rawBytes: der.toString('base64') })) },
    validFor: jsonValidity(from.validity),
    operator,
  })
  const logOf = (
    baseUrl: string,
    { key, logId, validity }: Pick<TransparencyLog, 'key' | 'logId' | 'validity'>,
  ) => ({
    baseUrl,
    hashAlgorithm: 'SHA2_256',
    publicKey: {
      rawBytes: key.spki.toString('base64'),
      keyDetails: key.keyDetails,
      validFor: jsonValidity(validity),
    },
    logId: { keyId: logId.toString('base64') },
    operator,
  })
  return {
    mediaType,
    tlogs: logs.map((log) => logOf(`https://${log.hostname}`, log)),
    certificateAuthorities: [authorityOf('fulcio', 'sigstore', authority)],
    ctlogs: [logOf(`https://ctfe.${hostname}`, ctLog)],
    timestampAuthorities: [authorityOf('timestamp', 'sigstore-tsa-selfsigned', timestampAuthority)],
  }
}

/** One trusted root that trusts all whom these trust. */
export function joinTrustedRoots(...roots: readonly TrustedRoot[]): TrustedRoot {
  return {
    mediaType,
    tlogs: roots.flatMap(({ tlogs }) => tlogs),
    certificateAuthorities: roots.flatMap(({ certificateAuthorities }) => certificateAuthorities),
    ctlogs: roots.flatMap(({ ctlogs }) => ctlogs),
    timestampAuthorities: roots.flatMap(({ timestampAuthorities }) => timestampAuthorities),
  }
}

export const jsonValidity = ({ notBefore, notAfter }: ValidityPeriod): JsonValidity => ({
  start: notBefore.toISOString(),
  end: notAfter.toISOString(),
})
