import { randomBytes } from 'node:crypto'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  AlgorithmIdentifier,
  AttributeTypeAndValue,
  AttributeValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  Extensions,
  id_ce_authorityKeyIdentifier,
  id_ce_basicConstraints,
  id_ce_extKeyUsage,
  id_ce_keyUsage,
  id_ce_subjectKeyIdentifier,
  ExtendedKeyUsage,
  KeyIdentifier,
  KeyUsage,
  KeyUsageFlags,
  Name,
  RelativeDistinguishedName,
  SubjectKeyIdentifier,
  SubjectPublicKeyInfo,
  TBSCertificate,
  Validity,
  Version,
} from '@peculiar/asn1-x509'
import { createHash } from 'node:crypto'
import { toArrayBuffer } from '../der.ts'
import type { SigningKey } from '../keys/signing-key.ts'

/** When a certificate is valid; both ends count. */
export interface ValidityPeriod {
  /** From when. */
  readonly notBefore: Date
  /** Until when. */
  readonly notAfter: Date
}

/** Who issues: the name and the key that certificates are signed with. */
export interface Issuer {
  readonly name: Name
  readonly key: SigningKey
}

export interface TbsOptions extends ValidityPeriod {
  readonly subject: Name
  /** The certified key, SPKI in DER. */
  readonly spki: Uint8Array
  readonly issuer: Issuer
  readonly extensions: readonly Extension[]
}

/** A name of organization and common name, as Sigstore's services have them; empty for a leaf of Fulcio. */
export function distinguishedName(organization?: string, commonName?: string): Name {
  const parts = [
    ['2.5.4.10', organization],
    ['2.5.4.3', commonName],
  ] as const
  return new Name(
    parts.flatMap(([type, value]) =>
      value === undefined
        ? []
        : [
            new RelativeDistinguishedName([
              new AttributeTypeAndValue({ type, value: new AttributeValue({ utf8String: value }) }),
            ]),
          ],
    ),
  )
}

/** The part of a certificate that is signed, with a random serial number. */
export function buildTbs(options: TbsOptions): TBSCertificate {
  const serialNumber = randomBytes(16)
  serialNumber[0] = (serialNumber[0]! & 0x3f) | 0x40 // positive, and never shortened
  return new TBSCertificate({
    version: Version.v3,
    serialNumber: toArrayBuffer(serialNumber),
    signature: new AlgorithmIdentifier({ algorithm: options.issuer.key.algorithm }),
    issuer: options.issuer.name,
    validity: new Validity({ notBefore: options.notBefore, notAfter: options.notAfter }),
    subject: options.subject,
    subjectPublicKeyInfo: AsnConvert.parse(toArrayBuffer(options.spki), SubjectPublicKeyInfo),
    extensions: new Extensions([...options.extensions]),
  })
}

/** Signs a certificate; the result is DER. */
export function signTbs(tbs: TBSCertificate, key: SigningKey): Buffer {
  const certificate = new Certificate({
    tbsCertificate: tbs,
    signatureAlgorithm: new AlgorithmIdentifier({ algorithm: key.algorithm }),
    signatureValue: toArrayBuffer(key.sign(serialize(tbs))),
  })
  return serialize(certificate)
}

export const serialize = (value: unknown): Buffer => Buffer.from(AsnConvert.serialize(value))

/** An extension of a certificate around its DER value. */
export function extension(extnID: string, value: Uint8Array, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: new OctetString(value) })
}

/** The extensions of a certificate that may issue others. */
export function authorityExtensions(key: SigningKey, issuer: SigningKey, pathLength?: number): Extension[] {
  const constraints = new BasicConstraints({
    cA: true,
    ...(pathLength !== undefined && { pathLenConstraint: pathLength }),
  })
  return [
    extension(
      id_ce_keyUsage,
      serialize(new KeyUsage(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign)),
      true,
    ),
    extension(id_ce_basicConstraints, serialize(constraints), true),
    ...keyIdentifiers(key.spki, issuer),
  ]
}

/** Subject and authority key identifier. */
export function keyIdentifiers(spki: Uint8Array, issuer: SigningKey): Extension[] {
  const subject = new SubjectKeyIdentifier(toArrayBuffer(keyIdentifier(spki)))
  const keyIdentifierOfIssuer = new KeyIdentifier(toArrayBuffer(keyIdentifier(issuer.spki)))
  const authority = new AuthorityKeyIdentifier({ keyIdentifier: keyIdentifierOfIssuer })
  return [
    extension(id_ce_subjectKeyIdentifier, serialize(subject)),
    extension(id_ce_authorityKeyIdentifier, serialize(authority)),
  ]
}

/** Usages of a leaf: digital signatures, for one purpose. */
export function leafUsages(purpose: string, critical: boolean): Extension[] {
  return [
    extension(id_ce_keyUsage, serialize(new KeyUsage(KeyUsageFlags.digitalSignature)), true),
    extension(id_ce_extKeyUsage, serialize(new ExtendedKeyUsage([purpose])), critical),
  ]
}

function keyIdentifier(spki: Uint8Array): Buffer {
  const { subjectPublicKey } = AsnConvert.parse(toArrayBuffer(spki), SubjectPublicKeyInfo)
  return createHash('sha1').update(new Uint8Array(subjectPublicKey)).digest()
}
