import { createPublicKey, type KeyObject } from 'node:crypto'
import type { ASN1Obj, X509Certificate } from '@sigstore/core'
import { isSallyportError } from '@sallyport/core'
import { requireSupportedKey } from '../../signing/key-profile.ts'
import { Rejection } from '../rejection.ts'
import { childrenOf, contextTag, hasTag, parseDer, tags, toDer } from './der.ts'
import { rememberingCertificate } from './remembering-certificate.ts'
import { decodeText, fulcioArc, readFulcioClaims, readUtf8String } from './fulcio-claims.ts'

/** A certificate of a signer, read strictly; who issued it is not verified yet. */
export interface SigningCertificateDetails {
  readonly certificate: X509Certificate
  readonly der: Buffer
  readonly publicKey: KeyObject
  readonly issuer: string
  readonly subject: string
  readonly claims: Readonly<Record<string, string>>
  readonly validFrom: Date
  /** hex ids of the logs whose certificate timestamps it carries. */
  readonly ctLogIds: readonly string[]
}

const oids = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  extendedKeyUsage: '2.5.29.37',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  otherName: `${fulcioArc}.7`,
}
/** What a critical extension may be: anything else restricts the certificate in a way that is not understood here. */
const understood = new Set([oids.keyUsage, oids.subjectAltName, oids.basicConstraints, oids.extendedKeyUsage])

/**
 * Reads the certificate of a signer: for code signing, no authority, exactly one subject alternative name, an issuer
 * of identities.
 *
 * @throws {Rejection} `certificate-invalid`
 */
export function readSigningCertificate(bytes: Uint8Array): SigningCertificateDetails {
  const root = parseDer(bytes)
  if (root === undefined) throw invalid('it is not one certificate in DER')
  try {
    return read(root, Buffer.from(bytes))
  } catch (error) {
    if (error instanceof Rejection) throw error
    if (isSallyportError(error)) throw invalid(error.message)
    throw invalid('it is malformed')
  }
}

function read(root: ASN1Obj, der: Buffer): SigningCertificateDetails {
  requireUnambiguousSignature(root)
  const certificate = rememberingCertificate(root)
  const extensions = readExtensions(certificate)
  if (certificate.version !== 'v3') throw invalid('it is not of version 3')
  // Whatever its key usage says: `isCA` of the library also asks for that.
  if (certificate.extBasicConstraints?.isCA === true) throw invalid('it is one of an authority')
  if (
    certificate.extKeyUsage?.digitalSignature !== true ||
    !isForCodeSigning(extensions.get(oids.extendedKeyUsage))
  )
    throw invalid('it is not for code signing')
  const subject = readSubject(extensions.get(oids.subjectAltName))
  if (subject === undefined)
    throw invalid(
      'it does not have exactly one subject alternative name that is a URI, an e-mail address or a name by Fulcio',
    )
  const fulcio = readFulcioClaims(extensions)
  if (fulcio === undefined) throw invalid('it does not name the issuer of the identity')
  return {
    certificate,
    der,
    publicKey: requireSupportedKey(
      createPublicKey({ key: certificate.publicKey, format: 'der', type: 'spki' }),
    ),
    issuer: fulcio.issuer,
    subject,
    claims: fulcio.claims,
    validFrom: certificate.notBefore,
    ctLogIds: certificate.extSCT?.signedCertificateTimestamps.map(({ logID }) => logID.toString('hex')) ?? [],
  }
}

/** The algorithm stands in the certificate twice, and only one is signed (RFC 5280, section 4.1.1.2). */
function requireUnambiguousSignature(root: ASN1Obj): void {
  const [signed, algorithm, signature] =
    childrenOf(root, tags.sequence, [tags.sequence, tags.sequence, tags.bitString]) ?? []
  if (
    algorithm === undefined ||
    signed?.subs[2] === undefined ||
    !toDer(signed.subs[2]).equals(toDer(algorithm)) ||
    signature?.value[0] !== 0
  )
    throw invalid('its signature is ambiguous')
}

/** Values of the extensions by OID. */
function readExtensions({ extensions }: X509Certificate): ReadonlyMap<string, ASN1Obj> {
  const values = new Map<string, ASN1Obj>()
  for (const extension of extensions) {
    const [id, critical] = extension.subs
    const value = extension.subs.at(-1)
    const oid = id?.toOID() ?? ''
    if (value === undefined || !hasTag(value, tags.octetString) || values.has(oid))
      throw invalid(`the extension ${oid} is malformed or there twice`)
    if (critical !== value && critical?.toBoolean() === true && !understood.has(oid))
      throw invalid(`the critical extension ${oid} is not understood`)
    values.set(oid, value)
  }
  return values
}

function isForCodeSigning(extension: ASN1Obj | undefined): boolean {
  return extension?.subs[0]?.subs.some((purpose) => purpose.toOID() === oids.codeSigning) === true
}

/** The one name; `undefined` when there is another number of them, or it is of another kind. */
function readSubject(extension: ASN1Obj | undefined): string | undefined {
  const names = extension?.subs.length === 1 ? extension.subs[0]?.subs : undefined
  const [name] = names ?? []
  if (names?.length !== 1 || name === undefined) return undefined
  if (hasTag(name, 0x81) || hasTag(name, 0x86)) {
    // IA5String: an octet above 127 must not turn into a letter.
    return name.value.length > 0 && name.value.every((byte) => byte < 0x80)
      ? decodeText(name.value)
      : undefined
  }
  const [oid, value] = childrenOf(name, contextTag(0), [tags.oid, contextTag(0)]) ?? []
  return oid?.toOID() === oids.otherName && value !== undefined
    ? readUtf8String(value.value) || undefined
    : undefined
}

function invalid(problem: string): Rejection {
  return new Rejection('certificate-invalid', `the certificate is not accepted: ${problem}`)
}
