import type { KeyObject } from 'node:crypto'
import { id_kp_codeSigning, type TBSCertificate } from '@peculiar/asn1-x509'
import { createSigningKey, type SigningKey, spkiOf } from '../keys/signing-key.ts'
import {
  authorityExtensions,
  buildTbs,
  distinguishedName,
  extension,
  type Issuer,
  keyIdentifiers,
  leafUsages,
  serialize,
  signTbs,
  type ValidityPeriod,
} from './build-certificate.ts'
import { type CertificateIdentity, identityExtensions } from './certificate-identity.ts'
import type { CertificateTransparencyLog } from './certificate-transparency-log.ts'
import { derTag, encodeDer } from '../der.ts'

/** How a certificate is issued. */
export interface CertifyOptions {
  /** Who signs, as the certificate says. */
  readonly identity: CertificateIdentity
  /** Default: now. */
  readonly notBefore?: Date | undefined
  /** Default: ten minutes after `notBefore`, as Fulcio does. */
  readonly notAfter?: Date | undefined
  /**
   * Logs that vouch for the certificate, by a timestamp embedded in it (RFC 6962, section 3.3). Default: the authority's
   * own log. An empty list leaves the extension out.
   */
  readonly ctLogs?: readonly CertificateTransparencyLog[] | undefined
}

/** A certificate with those above it. */
export interface IssuedCertificate {
  /** DER. */
  readonly certificate: Buffer
  /** The issuing certificate, then the root, in DER. */
  readonly chain: readonly Buffer[]
}

/** What Fulcio has inside: a root, an intermediate, and a log that sees each certificate. */
export interface CertificateAuthority {
  /** The issuing certificate, then the root, in DER. */
  readonly chain: readonly Buffer[]
  /** The key of the issuing certificate. */
  readonly key: SigningKey
  /** Certifies any key for any identity; nothing is checked. */
  certify(publicKey: KeyObject, options: CertifyOptions): IssuedCertificate
}

export interface CertificateAuthorityOptions {
  readonly organization: string
  readonly validity: ValidityPeriod
  readonly ctLog: CertificateTransparencyLog
  readonly now: () => number
}

/** Creates an authority with a root and an intermediate of P-384, like Fulcio's. */
export function createCertificateAuthority(options: CertificateAuthorityOptions): CertificateAuthority {
  const { organization, validity, ctLog, now } = options
  const root: Issuer = { name: distinguishedName(organization, 'sigstore'), key: createSigningKey('p384') }
  const issuer: Issuer = {
    name: distinguishedName(organization, 'sigstore-intermediate'),
    key: createSigningKey('p384'),
  }
  const certificateOf = (authority: Issuer, more: readonly ReturnType<typeof extension>[]): Buffer =>
    signTbs(
      buildTbs({
        ...validity,
        subject: authority.name,
        spki: authority.key.spki,
        issuer: root,
        extensions: more,
      }),
      root.key,
    )
  const usages = leafUsages(id_kp_codeSigning, false).slice(1)
  const chain = [
    certificateOf(issuer, [...authorityExtensions(issuer.key, root.key, 0), ...usages]),
    certificateOf(root, authorityExtensions(root.key, root.key, 1)),
  ]

  return {
    chain,
    key: issuer.key,
    certify(publicKey, { identity, notBefore = new Date(now()), notAfter, ctLogs = [ctLog] }) {
      const spki = spkiOf(publicKey)
      const tbs = buildTbs({
        notBefore,
        notAfter: notAfter ?? new Date(notBefore.getTime() + 10 * 60_000),
        subject: distinguishedName(),
        spki,
        issuer,
        extensions: [
          ...leafUsages(id_kp_codeSigning, false),
          ...keyIdentifiers(spki, issuer.key),
          ...identityExtensions(identity),
        ],
      })
      embedTimestamps(tbs, issuer, ctLogs)
      return { certificate: signTbs(tbs, issuer.key), chain }
    },
  }
}

/** Adds what the logs answered to the certificate as it was without their answers. */
function embedTimestamps(
  tbs: TBSCertificate,
  issuer: Issuer,
  logs: readonly CertificateTransparencyLog[],
): void {
  if (logs.length === 0) return
  const precertificate = { tbs: serialize(tbs), issuerSpki: issuer.key.spki }
  const entries = logs.map((log) => lengthPrefixed(log.addPrecertificate(precertificate)))
  const list = encodeDer(derTag.octetString, lengthPrefixed(Buffer.concat(entries)))
  tbs.extensions!.push(extension('1.3.6.1.4.1.11129.2.4.2', list))
}

function lengthPrefixed(content: Uint8Array): Buffer {
  const prefix = Buffer.alloc(2)
  prefix.writeUInt16BE(content.length)
  return Buffer.concat([prefix, content])
}
