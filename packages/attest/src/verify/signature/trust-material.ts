import type { TrustMaterial } from '@sigstore/verify'
import type { TrustedAuthority, TrustedLog, TrustedRoot, TrustedSpan } from '../../trust/trusted-root.ts'
import { loadCore } from '../../internal/load-libraries.ts'
import { rememberingCertificate } from './remembering-certificate.ts'

/** A trusted root in the form of `@sigstore/verify`, parsed once. */
export interface ParsedMaterial {
  readonly certificateAuthorities: TrustMaterial['certificateAuthorities']
  /** Those that may sign timestamps. */
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
    timestampAuthorities: root.timestampAuthorities
      .map((trusted) => ({ trusted, parsed: toAuthority(trusted) }))
      .filter(isForTimestamps),
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

const timeStamping = '1.3.6.1.5.5.7.3.8'

/** Whether it may sign timestamps, and may do nothing else (RFC 3161, section 2.3). */
function isForTimestamps({ parsed: { certChain } }: ParsedAuthority): boolean {
  const purposes = certChain[0]?.extension('2.5.29.37')?.valueObj.subs[0]?.subs ?? []
  return purposes.length === 1 && purposes[0]?.toOID() === timeStamping
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
    certChain: certificates.map((der) =>
      rememberingCertificate(loadCore().ASN1Obj.parseBuffer(Buffer.from(der))),
    ),
    validFor: toSpan(validFor),
  }
}

function toSpan({ start, end = endOfTime }: TrustedSpan): { start: Date; end: Date } {
  return { start, end }
}
