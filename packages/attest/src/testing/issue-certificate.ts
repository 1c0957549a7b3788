import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'
import { der, derInteger, derOid, derTag } from '../internal/der.ts'

/** A certificate with the key that belongs to it. */
export interface TestAuthority {
  readonly name: string
  readonly key: KeyObject
  readonly pem: string
}

/** What a test has certified. */
export interface TestCertificate {
  readonly name: string
  readonly publicKey: KeyObject
  readonly issuer: Omit<TestAuthority, 'pem'>
  readonly notBefore: Date
  readonly notAfter: Date
  readonly isAuthority?: boolean | undefined
}

const algorithm = der(derTag.sequence, derOid('1.2.840.10045.4.3.2')) // ECDSA with SHA-256
const nameOf = (name: string): Buffer =>
  der(
    derTag.sequence,
    der(derTag.set, der(derTag.sequence, derOid('2.5.4.3'), der(0x0c /* UTF8String */, Buffer.from(name)))),
  )
const timeOf = (time: Date): Buffer =>
  der(0x18 /* GeneralizedTime */, Buffer.from(`${time.toISOString().replace(/\D/g, '').slice(0, 14)}Z`))
const bits = (content: Uint8Array): Buffer => der(derTag.bitString, Buffer.from([0]), content)

/** Issues an X.509 certificate (RFC 5280) in PEM, signed with ECDSA P-256. */
export function issueCertificate({
  name,
  publicKey,
  issuer,
  notBefore,
  notAfter,
  isAuthority = false,
}: TestCertificate): string {
  const constraints = der(derTag.sequence, ...(isAuthority ? [der(derTag.boolean, Buffer.from([0xff]))] : []))
  const extension = der(
    derTag.sequence,
    derOid('2.5.29.19'),
    der(derTag.boolean, Buffer.from([0xff])),
    der(derTag.octetString, constraints),
  )
  const body = der(
    derTag.sequence,
    der(0xa0, derInteger(Buffer.from([2]))),
    derInteger(randomBytes(8)),
    algorithm,
    nameOf(issuer.name),
    der(derTag.sequence, timeOf(notBefore), timeOf(notAfter)),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(derTag.sequence, extension)),
  )
  const certificate = der(derTag.sequence, body, algorithm, bits(sign('sha256', body, issuer.key)))
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`
}

/** A certificate authority, signed by itself or by another one. */
export function createAuthority(
  name: string,
  { at, by }: { at: Date; by?: TestAuthority | undefined },
): TestAuthority {
  const { publicKey, privateKey: key } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  const year = 365 * 24 * 3600 * 1000
  const notBefore = new Date(at.getTime() - year)
  const notAfter = new Date(at.getTime() + year)
  const issuer = by ?? { name, key }
  return {
    name,
    key,
    pem: issueCertificate({ name, publicKey, issuer, notBefore, notAfter, isAuthority: true }),
  }
}
