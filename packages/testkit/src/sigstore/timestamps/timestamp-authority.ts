import { createHash, randomBytes } from 'node:crypto'
import {
  Attribute,
  CertificateChoices,
  CertificateSet,
  DigestAlgorithmIdentifiers,
  EncapsulatedContent,
  EncapsulatedContentInfo,
  id_contentType,
  id_messageDigest,
  id_signedData,
  id_signingTime,
  IssuerAndSerialNumber,
  SignedData,
  SignerIdentifier,
  SignerInfo,
  SignerInfos,
  SigningTime,
} from '@peculiar/asn1-cms'
import { AsnConvert, OctetString } from '@peculiar/asn1-schema'
import {
  Accuracy,
  MessageImprint,
  PKIStatus,
  PKIStatusInfo,
  TimeStampResp,
  TimeStampToken,
  TSTInfo,
} from '@peculiar/asn1-tsp'
import { AlgorithmIdentifier, Certificate, id_kp_timeStamping } from '@peculiar/asn1-x509'
import {
  authorityExtensions,
  buildTbs,
  distinguishedName,
  type Issuer,
  keyIdentifiers,
  leafUsages,
  serialize,
  signTbs,
  type ValidityPeriod,
} from '../certificates/build-certificate.ts'
import { derTag, encodeDer, toArrayBuffer } from '../der.ts'
import { createSigningKey } from '../keys/signing-key.ts'

/** What is stamped, and how. */
export interface StampRequest {
  /** Hash of what is stamped. */
  readonly digest: Uint8Array
  /** Default SHA-256. */
  readonly hash?: 'sha256' | 'sha384' | 'sha512' | undefined
  /** Default: now, cut to seconds as the real authority does; a time given here keeps its milliseconds. */
  readonly time?: Date | undefined
  /** Comes back in the answer. */
  readonly nonce?: Uint8Array | undefined
  /** Whether the authority's certificate goes along. Default false. */
  readonly certificates?: boolean | undefined
  /** Default: that of Sigstore's authority. */
  readonly policy?: string | undefined
}

/** A timestamp authority (RFC 3161). */
export interface TimestampAuthority {
  /** The signing certificate, then the root, in DER. */
  readonly chain: readonly Buffer[]
  /** A response of DER, with a token for the digest. Any time is stamped, within the certificate's validity or not. */
  stamp(request: StampRequest): Buffer
}

export interface TimestampAuthorityOptions {
  readonly organization: string
  /** Of the authority as a whole. */
  readonly validity: ValidityPeriod
  /** Of the signing certificate. Default: the same. */
  readonly certificateValidity?: ValidityPeriod | undefined
  readonly now: () => number
}

const tstInfoType = '1.2.840.113549.1.9.16.1.4'
const signingCertificateV2 = '1.2.840.113549.1.9.16.2.47'
const hashOids = {
  sha256: '2.16.840.1.101.3.4.2.1',
  sha384: '2.16.840.1.101.3.4.2.2',
  sha512: '2.16.840.1.101.3.4.2.3',
} as const
const sigstorePolicy = '1.3.6.1.4.1.57264.2'

/** Creates an authority with a root and a signing certificate. */
export function createTimestampAuthority(options: TimestampAuthorityOptions): TimestampAuthority {
  const { organization, validity, certificateValidity = validity, now } = options
  const root: Issuer = {
    name: distinguishedName(organization, 'sigstore-tsa-selfsigned'),
    key: createSigningKey('p384'),
  }
  const key = createSigningKey('p256')
  const rootTbs = buildTbs({
    ...validity,
    subject: root.name,
    spki: root.key.spki,
    issuer: root,
    extensions: authorityExtensions(root.key, root.key, 0),
  })
  const tbs = buildTbs({
    ...certificateValidity,
    subject: distinguishedName(organization, 'sigstore-tsa'),
    spki: key.spki,
    issuer: root,
    // RFC 3161, section 2.3: one purpose, and critical.
    extensions: [...leafUsages(id_kp_timeStamping, true), ...keyIdentifiers(key.spki, root.key)],
  })
  const certificate = signTbs(tbs, root.key)

  const attributesOf = (content: Uint8Array, time: Date): Attribute[] => [
    attribute(id_contentType, encodeOid(tstInfoType)),
    attribute(id_signingTime, serialize(new SigningTime(time))),
    attribute(id_messageDigest, serialize(new OctetString(digestOf('sha256', content)))),
    attribute(signingCertificateV2, essCertificate(certificate)),
  ]

  return {
    chain: [certificate, signTbs(rootTbs, root.key)],
    stamp({ digest, hash = 'sha256', time, nonce, certificates = false, policy = sigstorePolicy }) {
      const genTime = time ?? new Date(Math.floor(now() / 1000) * 1000)
      const content = serialize(
        new TSTInfo({
          policy,
          messageImprint: new MessageImprint({
            hashAlgorithm: new AlgorithmIdentifier({ algorithm: hashOids[hash] }),
            hashedMessage: new OctetString(digest),
          }),
          serialNumber: toArrayBuffer(Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
          genTime,
          accuracy: new Accuracy({ seconds: 1 }),
          ...(nonce && { nonce: toArrayBuffer(nonce) }),
        }),
      )
      const signedAttrs = attributesOf(content, genTime)
      const digestAlgorithm = new AlgorithmIdentifier({ algorithm: hashOids.sha256 })
      const signer = new SignerInfo({
        version: 1,
        sid: new SignerIdentifier({
          issuerAndSerialNumber: new IssuerAndSerialNumber({
            issuer: root.name,
            serialNumber: tbs.serialNumber,
          }),
        }),
        digestAlgorithm,
        signedAttrs: sortedForDer(signedAttrs),
        signatureAlgorithm: new AlgorithmIdentifier({ algorithm: key.algorithm }),
        // RFC 5652, section 5.4: signed as a SET, whatever tag it has in the message.
        signature: new OctetString(
          key.sign(encodeDer(derTag.set, ...sortedForDer(signedAttrs).map(serialize))),
        ),
      })
      const signedData = new SignedData({
        version: 3,
        digestAlgorithms: new DigestAlgorithmIdentifiers([digestAlgorithm]),
        encapContentInfo: new EncapsulatedContentInfo({
          eContentType: tstInfoType,
          eContent: new EncapsulatedContent({ single: new OctetString(content) }),
        }),
        ...(certificates && {
          certificates: new CertificateSet([
            new CertificateChoices({ certificate: AsnConvert.parse(certificate, Certificate) }),
          ]),
        }),
        signerInfos: new SignerInfos([signer]),
      })
      return serialize(
        new TimeStampResp({
          status: new PKIStatusInfo({ status: PKIStatus.granted }),
          timeStampToken: new TimeStampToken({
            contentType: id_signedData,
            content: toArrayBuffer(serialize(signedData)),
          }),
        }),
      )
    },
  }
}

/** Which certificate signs (RFC 5035), with the default hash SHA-256. */
function essCertificate(certificate: Uint8Array): Buffer {
  const hash = encodeDer(derTag.octetString, digestOf('sha256', certificate))
  return encodeDer(derTag.sequence, encodeDer(derTag.sequence, encodeDer(derTag.sequence, hash)))
}

function attribute(attrType: string, value: Uint8Array): Attribute {
  return new Attribute({ attrType, attrValues: [toArrayBuffer(value)] })
}

/** The elements of a SET OF stand in the order of their encodings (X.690, section 11.6). */
function sortedForDer(attributes: readonly Attribute[]): Attribute[] {
  return attributes.toSorted((a, b) => Buffer.compare(serialize(a), serialize(b)))
}

/** An object identifier in DER. */
function encodeOid(oid: string): Buffer {
  const algorithm = serialize(new AlgorithmIdentifier({ algorithm: oid }))
  return algorithm.subarray(2) // an AlgorithmIdentifier without parameters is a SEQUENCE of it alone
}

const digestOf = (hash: string, content: Uint8Array): Buffer => createHash(hash).update(content).digest()
