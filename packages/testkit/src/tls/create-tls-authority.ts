import { isIP } from 'node:net'
import {
  GeneralName,
  id_ce_subjectAltName,
  id_kp_clientAuth,
  id_kp_serverAuth,
  SubjectAlternativeName,
} from '@peculiar/asn1-x509'
import {
  authorityExtensions,
  buildTbs,
  distinguishedName,
  extension,
  keyIdentifiers,
  leafUsages,
  serialize,
  signTbs,
  type ValidityPeriod,
} from '../sigstore/certificates/build-certificate.ts'
import { createSigningKey } from '../sigstore/keys/signing-key.ts'

/** A certificate and its key in PEM. */
export interface TlsPair {
  /** The certificate. */
  readonly cert: string
  /** Its private key, PKCS #8, not encrypted. */
  readonly key: string
}

/** What a certificate is for. */
export interface IssueTlsOptions extends Partial<ValidityPeriod> {
  /** Common name of the subject. */
  readonly name: string
  /** DNS names and IPv4 addresses of a server. Default: none. */
  readonly hosts?: readonly string[] | undefined
  /** Default `server`. */
  readonly use?: 'server' | 'client' | undefined
}

/** A certificate authority for TLS in the process. */
export interface TlsAuthority {
  /** Its certificate in PEM: what the other side trusts. */
  readonly ca: string
  /** Issues a certificate for a new P-256 key, valid from a minute ago for a day unless it is said otherwise. */
  issue(options: IssueTlsOptions): TlsPair
}

/** Creates an authority whose certificate is valid for a year before and after now. */
export function createTlsAuthority(): TlsAuthority {
  const issuer = { name: distinguishedName('sallyport', 'test authority'), key: createSigningKey('p256') }
  const now = Date.now()
  const day = 86_400_000
  const root = signTbs(
    buildTbs({
      notBefore: new Date(now - 365 * day),
      notAfter: new Date(now + 365 * day),
      subject: issuer.name,
      spki: issuer.key.spki,
      issuer,
      extensions: authorityExtensions(issuer.key, issuer.key, 0),
    }),
    issuer.key,
  )
  return {
    ca: toPem(root),
    issue({ name, hosts = [], use = 'server', notBefore, notAfter }) {
      const key = createSigningKey('p256')
      const names = hosts.map((host) => new GeneralName(isIP(host) ? { iPAddress: host } : { dNSName: host }))
      const tbs = buildTbs({
        notBefore: notBefore ?? new Date(Date.now() - 60_000),
        notAfter: notAfter ?? new Date(Date.now() + day),
        subject: distinguishedName('sallyport', name),
        spki: key.spki,
        issuer,
        extensions: [
          ...(names.length > 0
            ? [extension(id_ce_subjectAltName, serialize(new SubjectAlternativeName(names)))]
            : []),
          ...leafUsages(use === 'server' ? id_kp_serverAuth : id_kp_clientAuth, false),
          ...keyIdentifiers(key.spki, issuer.key),
        ],
      })
      return {
        cert: toPem(signTbs(tbs, issuer.key)),
        key: key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      }
    },
  }
}

function toPem(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .match(/.{1,64}/g)!
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}
