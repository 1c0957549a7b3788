import type { ASN1Obj, RFC3161Timestamp } from '@sigstore/core'
import { loadCore } from '../../internal/load-libraries.ts'
import { Rejection } from '../rejection.ts'
import { childrenOf, contextTag, hasTag, parseDer, plainAlgorithm, tags, toDer } from './der.ts'

const oids = {
  signedData: '1.2.840.113549.1.7.2',
  timestampInfo: '1.2.840.113549.1.9.16.1.4',
}
const digests = new Map([
  ['2.16.840.1.101.3.4.2.1', 'sha256'],
  ['2.16.840.1.101.3.4.2.2', 'sha384'],
  ['2.16.840.1.101.3.4.2.3', 'sha512'],
])
/** By OID: the hash that it names; `undefined` where it leaves that to the digest algorithm. */
const signatures = new Map<string, string | undefined>([
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.113549.1.1.1', undefined],
])

/** A timestamp whose form was checked and whose time can be of any precision; nothing in it is verified yet. */
export interface TimestampToken extends RFC3161Timestamp {
  /** Certificates that came with it, in DER. */
  readonly certificates: readonly Buffer[]
}

interface TokenFields {
  readonly certificates: readonly Buffer[]
  readonly time: Date
  readonly hash: string
}

type TokenClass = new (root: ASN1Obj, fields: TokenFields) => TimestampToken

let tokenClass: TokenClass | undefined

/** Its base comes from a library that is loaded when something is verified. */
function createClass(): TokenClass {
  const { RFC3161Timestamp } = loadCore()
  return class TimestampToken extends RFC3161Timestamp {
    readonly certificates: readonly Buffer[]
    readonly #time: Date
    readonly #hash: string

    constructor(root: ASN1Obj, { certificates, time, hash }: TokenFields) {
      super(root)
      this.certificates = certificates
      this.#time = time
      this.#hash = hash
    }

    override get signingTime(): Date {
      return this.#time
    }

    /** The library knows ECDSA only. */
    override get signatureAlgorithm(): string {
      return this.#hash
    }
  }
}

/**
 * Reads a TimeStampResp (RFC 3161, section 2.4.2) that holds a token with one signer. What the signature does not
 * cover must be as it is always written: nothing can be put in, or changed, without being noticed.
 *
 * @throws {Rejection} `timestamp-invalid`
 */
export function parseTimestamp(der: Uint8Array): TimestampToken {
  const token = read(der)
  if (token === undefined)
    throw new Rejection('timestamp-invalid', 'a timestamp is not a granted RFC 3161 response with one signer')
  return token
}

function read(der: Uint8Array): TimestampToken | undefined {
  const root = parseDer(der)
  const [status, token] = childrenOf(root, tags.sequence, [tags.sequence, tags.sequence]) ?? []
  const [granted] = childrenOf(status, tags.sequence, [tags.integer]) ?? []
  if (!isInteger(granted, 0) && !isInteger(granted, 1)) return undefined
  const [contentType, content] = childrenOf(token, tags.sequence, [tags.oid, contextTag(0)]) ?? []
  if (contentType?.toOID() !== oids.signedData) return undefined
  const [signedData] = childrenOf(content, contextTag(0), [tags.sequence]) ?? []
  const parts = [tags.integer, tags.set, tags.sequence]
  const [version, digestAlgorithms, encapsulated, ...rest] =
    childrenOf(signedData, tags.sequence, [...parts, tags.set]) ??
    childrenOf(signedData, tags.sequence, [...parts, contextTag(0), tags.set]) ??
    []
  const signerInfos = rest.at(-1)
  const certificates = rest.length === 2 ? rest[0]?.subs : []
  const [digestAlgorithm] = childrenOf(digestAlgorithms, tags.set, [tags.sequence]) ?? []
  const info = readInfo(encapsulated)
  const [signer] = childrenOf(signerInfos, tags.set, [tags.sequence]) ?? []
  const hash = digests.get(plainAlgorithm(digestAlgorithm) ?? '')
  if (
    !isInteger(version, 3) ||
    root === undefined ||
    hash === undefined ||
    certificates === undefined ||
    info === undefined
  )
    return undefined
  if (readSigner(signer, hash) === undefined) return undefined
  const time = readTime(info.subs[4])
  if (time === undefined) return undefined
  tokenClass ??= createClass()
  return new tokenClass(root, {
    certificates: certificates.map(toDer),
    time,
    hash,
  })
}

/** The TSTInfo, when it is all that the encapsulated content holds. */
function readInfo(encapsulated: ASN1Obj | undefined): ASN1Obj | undefined {
  const [type, content] = childrenOf(encapsulated, tags.sequence, [tags.oid, contextTag(0)]) ?? []
  const [octets] = childrenOf(content, contextTag(0), [tags.octetString]) ?? []
  const [info] = childrenOf(octets, tags.octetString, [tags.sequence]) ?? []
  return type?.toOID() === oids.timestampInfo ? info : undefined
}

/** A signer with signed attributes and no unsigned ones, whose algorithms agree with `hash`. */
function readSigner(signer: ASN1Obj | undefined, hash: string): ASN1Obj | undefined {
  const [version, id, digestAlgorithm, , signatureAlgorithm] =
    childrenOf(signer, tags.sequence, [
      tags.integer,
      tags.sequence,
      tags.sequence,
      contextTag(0),
      tags.sequence,
      tags.octetString,
    ]) ?? []
  const signature = plainAlgorithm(signatureAlgorithm) ?? ''
  if (!isInteger(version, 1) || digests.get(plainAlgorithm(digestAlgorithm) ?? '') !== hash) return undefined
  if (!signatures.has(signature) || (signatures.get(signature) ?? hash) !== hash) return undefined
  return childrenOf(id, tags.sequence, [tags.sequence, tags.integer]) === undefined ? undefined : signer
}

function isInteger(element: ASN1Obj | undefined, value: number): boolean {
  return hasTag(element, tags.integer) && element?.value.length === 1 && element.value[0] === value
}

const generalizedTime = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{1,9}))?Z$/

/** GeneralizedTime in UTC with any fraction (RFC 3161, section 2.4.2), to the millisecond. */
function readTime(element: ASN1Obj | undefined): Date | undefined {
  if (!hasTag(element, 0x18)) return undefined
  const match = generalizedTime.exec(element?.value.toString('latin1') ?? '')
  if (match === null) return undefined
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = ''] = match
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0').slice(0, 3)}Z`
  const time = new Date(text)
  // `Date` rolls 30 February over into March.
  return !Number.isNaN(time.getTime()) && time.toISOString() === text ? time : undefined
}
