import { X509Certificate } from '@sigstore/core'
import type { TrustMaterial } from '@sigstore/verify'
import type { TrustedAuthority, TrustedLog, TrustedRoot, TrustedSpan } from '../../trust/trusted-root.ts'

/** A trusted root in the form of `@sigstore/verify`, parsed once. */
export interface ParsedMaterial {
  readonly certificateAuthorities: TrustMaterial['certificateAuthorities']
  readonly timestampAuthorities: readonly ParsedAuthority[]
  readonly ctLogs: TrustMaterial['ctlogs']
  /** DER in hex of every certificate of a certificate authority. */
  readonly authorityCertificates: ReadonlySet<string>
}

/** An authority in both forms. */
export interface ParsedAuthority {
  readonly trusted: TrustedAuthority
  readonly parsed: TrustMaterial['certificateAuthorities'][number]
}

const parsed = new WeakMap<TrustedRoot, ParsedMaterial>()
const endOfTime = new Date(8_640_000_000_000_000)

export function parsedMaterial(root: TrustedRoot): ParsedMaterial {
  const known = parsed.get(root)
  if (known !== undefined) return known
  const material: ParsedMaterial = {
    certificateAuthorities: root.certificateAuthorities.map(toAuthority),
    timestampAuthorities: root.timestampAuthorities.map((trusted) => ({
      trusted,
      parsed: toAuthority(trusted),
    })),
    ctLogs: root.ctLogs.map((log) => toLibraryLog(log)),
    authorityCertificates: new Set(
      root.certificateAuthorities.flatMap(({ certificates }) =>
        certificates.map((der) => Buffer.from(der).toString('hex')),
      ),
    ),
  }
  parsed.set(root, material)
  return material
}

/** A log whose checkpoints may carry any name that the given text contains; the library asks for the log's URL. */
export function toLibraryLog(log: TrustedLog, names: string = log.url): TrustMaterial['tlogs'][number] {
  return {
    baseURL: names,
    logID: Buffer.from(log.id, 'hex'),
    publicKey: log.publicKey,
    validFor: toSpan(log.validFor),
  }
}

function toAuthority({
  certificates,
  validFor,
}: TrustedAuthority): TrustMaterial['certificateAuthorities'][number] {
  return {
    certChain: certificates.map((der) => X509Certificate.parse(Buffer.from(der))),
    validFor: toSpan(validFor),
  }
}

function toSpan({ start, end = endOfTime }: TrustedSpan): { start: Date; end: Date } {
  return { start, end }
}
