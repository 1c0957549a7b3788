import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { type Digest, parseStrictJson, StrictJsonError } from '@sallyport/core'
import { digestOf } from '@sallyport/core'
import type {
  CertificateAuthority,
  PublicKeyDetails,
  TimeRange,
  TransparencyLogInstance,
  TrustedRoot as TrustedRootMessage,
} from '@sigstore/protobuf-specs'
import { AttestError } from '../errors.ts'
import { toCanonicalJson } from '../internal/canonical-json.ts'
import { isTimestamp } from '../internal/is-timestamp.ts'
import { loadProtobufSpecs } from '../internal/load-libraries.ts'
import { findRestriction } from './find-restriction.ts'

/** Whom certificates, log entries and timestamps are believed from. Made by {@link parseTrustedRoot}. */
export interface TrustedRoot {
  /** SHA-256 of the root as canonical JSON: equal roots have equal digests, however they were written. */
  readonly digest: Digest
  /** Logs of signatures. */
  readonly logs: readonly TrustedLog[]
  /** Logs of certificates (certificate transparency). */
  readonly ctLogs: readonly TrustedLog[]
  /** Authorities that certify keys. */
  readonly certificateAuthorities: readonly TrustedAuthority[]
  /** Authorities that say when something was there. */
  readonly timestampAuthorities: readonly TrustedAuthority[]
}

/** A transparency log, of signatures or of certificates. */
export interface TrustedLog {
  /** hex of the log's id. */
  readonly id: string
  /** Where the log is. */
  readonly url: string
  /** Who runs it; empty where the root does not say. */
  readonly operator: string
  /** Key that signs what the log says. */
  readonly publicKey: KeyObject
  /** When what the log says counts. */
  readonly validFor: TrustedSpan
}

/** An authority for certificates or timestamps. */
export interface TrustedAuthority {
  /** Where the authority is. */
  readonly url: string
  /** Who runs it; empty where the root does not say. */
  readonly operator: string
  /** In DER; the root last, the certificate that signs first. */
  readonly certificates: readonly Uint8Array[]
  /** When what the authority says counts. */
  readonly validFor: TrustedSpan
}

/** When a part of the root counts; both ends included, no end means until further notice. */
export interface TrustedSpan {
  /** The first moment. */
  readonly start: Date
  /** The last moment; none means until further notice. */
  readonly end?: Date | undefined
}

const maxBytes = 4 * 1024 * 1024
const mediaTypes = new Set([
  'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  'application/vnd.dev.sigstore.trustedroot+json;version=0.2',
  'application/vnd.dev.sigstore.trustedroot.v0.1+json',
  'application/vnd.dev.sigstore.trustedroot.v0.2+json',
])
const pkcs1 = new Set<string | undefined>([
  'PKCS1_RSA_PKCS1V5',
  'PKCS1_RSA_PSS',
] satisfies (keyof typeof PublicKeyDetails)[])

/**
 * Reads a trusted root (Sigstore's `sigstore_trustroot.proto`, v0.1 and v0.2) in JSON.
 *
 * @throws {AttestError} `TRUST_ROOT_INVALID` when it is none, when a part has no key or certificate that can be read,
 *   does not say since when it counts (a missing bound must not pass for no bound), or is restricted in a way that can't
 *   be enforced here, such as name constraints.
 */
export function parseTrustedRoot(json: string | Uint8Array): TrustedRoot {
  const bytes = typeof json === 'string' ? Buffer.from(json, 'utf8') : json
  if (bytes.byteLength > maxBytes) throw invalid(`${bytes.byteLength} bytes where ${maxBytes} are allowed`)
  const message = parseMessage(bytes)
  if (!mediaTypes.has(message.mediaType))
    throw invalid(`media type ${JSON.stringify(message.mediaType.slice(0, 100))}`)
  const parts = {
    logs: message.tlogs.map((log, index) => toLog(log, `tlogs[${index}]`)),
    ctLogs: message.ctlogs.map((log, index) => toLog(log, `ctlogs[${index}]`)),
    certificateAuthorities: message.certificateAuthorities.map((authority, index) =>
      toAuthority(authority, `certificateAuthorities[${index}]`),
    ),
    timestampAuthorities: message.timestampAuthorities.map((authority, index) =>
      toAuthority(authority, `timestampAuthorities[${index}]`),
    ),
  }
  // Only now: a time that is none can't be written.
  return { digest: digestOf(toCanonicalJson(loadProtobufSpecs().TrustedRoot.toJSON(message))), ...parts }
}

function invalid(problem: string, cause?: unknown): AttestError {
  return new AttestError('TRUST_ROOT_INVALID', `not a trusted root: ${problem}`, { cause })
}

function parseMessage(bytes: Uint8Array): TrustedRootMessage {
  const { TrustedRoot: format } = loadProtobufSpecs()
  try {
    const json = parseStrictJson(bytes)
    requireTimes(json)
    return format.fromJSON(json)
  } catch (error) {
    if (error instanceof AttestError) throw error
    if (error instanceof StrictJsonError) throw invalid(error.message)
    throw invalid('a field has a value of another type', error)
  }
}

/** All bounds of validity must be times that every machine reads alike; the library takes whatever `Date` does. */
function requireTimes(json: unknown): void {
  if (typeof json !== 'object' || json === null) return
  for (const [name, value] of Object.entries(json)) {
    const isBound = (name === 'start' || name === 'end') && value !== null
    if (isBound && !(typeof value === 'string' && isTimestamp(value)))
      throw invalid(`validFor.${name} is ${JSON.stringify(value).slice(0, 100)}, not a time in RFC 3339`)
    requireTimes(value)
  }
}

function toLog(
  { baseUrl, operator, publicKey, logId, checkpointKeyId }: TransparencyLogInstance,
  at: string,
): TrustedLog {
  const id = checkpointKeyId ?? logId
  if (id === undefined || id.keyId.length < 4) throw invalid(`${at} has no id`)
  if (publicKey?.rawBytes === undefined) throw invalid(`${at} has no public key`)
  try {
    return {
      id: id.keyId.toString('hex'),
      url: baseUrl,
      operator,
      publicKey: createPublicKey({
        key: publicKey.rawBytes,
        format: 'der',
        type: isPkcs1(publicKey.rawBytes, publicKey.keyDetails) ? 'pkcs1' : 'spki',
      }),
      validFor: toSpan(publicKey.validFor, at),
    }
  } catch (error) {
    if (error instanceof AttestError) throw error
    throw invalid(`${at} has a public key that can't be read`, error)
  }
}

/** Old roots call a key PKCS#1 that is in SPKI, and the reverse: a PKCS#1 key begins with its modulus. */
function isPkcs1(der: Buffer, details: PublicKeyDetails): boolean {
  const header = der[1] === undefined || der[1] < 0x80 ? 2 : 2 + (der[1] & 0x7f)
  return pkcs1.has(loadProtobufSpecs().PublicKeyDetails[details]) && der[header] === 0x02
}

function toAuthority(
  { uri, operator, certChain, validFor }: CertificateAuthority,
  at: string,
): TrustedAuthority {
  const chain = certChain?.certificates ?? []
  if (chain.length === 0) throw invalid(`${at} has no certificate`)
  let certificates: readonly Uint8Array[]
  let restrictions: readonly string[]
  try {
    certificates = chain.map(({ rawBytes }) => new X509Certificate(rawBytes).raw)
    restrictions = certificates.flatMap((certificate) => findRestriction(certificate) ?? [])
  } catch (error) {
    throw invalid(`${at} has a certificate that can't be read`, error)
  }
  if (restrictions[0] !== undefined)
    throw invalid(`${at} is restricted by the extension ${restrictions[0]}, which can't be enforced here`)
  return { url: uri, operator, certificates, validFor: toSpan(validFor, at) }
}

function toSpan(range: TimeRange | undefined, at: string): TrustedSpan {
  const { start, end } = range ?? {}
  if (start === undefined) throw invalid(`${at} does not say since when it counts (validFor.start)`)
  if (Number.isNaN(start.getTime()) || (end !== undefined && Number.isNaN(end.getTime())))
    throw invalid(`${at} has a time that can't be read`)
  return { start, end }
}
