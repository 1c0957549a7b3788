import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { der, derInteger, derOid, derTag } from '../../internal/der.ts'
import { fulcioArc } from './fulcio-claims.ts'
import { readSigningCertificate } from './signing-certificate.ts'

const keyPair = generateKeyPairSync('ec', { namedCurve: 'P-256' })
const ecdsa = der(derTag.sequence, derOid('1.2.840.10045.4.3.2'))
const sequence = (...parts: Uint8Array[]): Buffer => der(derTag.sequence, ...parts)
const time = (text: string): Buffer => der(0x18, Buffer.from(text))
const yes = der(derTag.boolean, Buffer.from([0xff]))
const extension = (oid: string, value: Uint8Array, ...critical: Uint8Array[]): Buffer =>
  sequence(derOid(oid), ...critical, der(derTag.octetString, value))

const keyUsage = (flags: number): Buffer =>
  extension('2.5.29.15', der(derTag.bitString, Buffer.from([0, flags])), yes)
const purpose = (...oids: string[]): Buffer => extension('2.5.29.37', sequence(...oids.map(derOid)))
const names = (...all: Uint8Array[]): Buffer => extension('2.5.29.17', sequence(...all), yes)
const email = (text: string): Buffer => der(0x81, Buffer.from(text, 'latin1'))
const uri = (text: string): Buffer => der(0x86, Buffer.from(text, 'latin1'))
const dns = (text: string): Buffer => der(0x82, Buffer.from(text, 'latin1'))
const otherName = (oid: string, text: string): Buffer =>
  der(0xa0, derOid(oid), der(0xa0, der(0x0c, Buffer.from(text))))
const issuer = extension(`${fulcioArc}.8`, der(0x0c, Buffer.from('https://issuer.example')))
const authority = extension('2.5.29.19', sequence(yes), yes)

const usage = keyUsage(0x80)
const codeSigning = purpose('1.3.6.1.5.5.7.3.3')
const subject = names(email('a@b.example'))
const good = [usage, codeSigning, subject, issuer]

interface Parts {
  readonly version?: number
  readonly key?: KeyObject
  readonly inner?: Uint8Array
}

/** Its signature is none: who issued a certificate is looked at later. */
function certificate(
  extensions: readonly Uint8Array[],
  { version = 2, key = keyPair.publicKey, inner = ecdsa }: Parts = {},
): Buffer {
  const body = sequence(
    der(0xa0, derInteger(Buffer.from([version]))),
    derInteger(Buffer.from([1])),
    inner,
    sequence(),
    sequence(time('20260101000000Z'), time('20260101001000Z')),
    sequence(),
    key.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  return sequence(body, ecdsa, der(derTag.bitString, Buffer.from([0, 1, 2, 3])))
}

describe('readSigningCertificate', () => {
  it.each([
    ['an e-mail address', email('a@b.example'), 'a@b.example'],
    ['a URI', uri('https://b.example/a'), 'https://b.example/a'],
    ['a name by Fulcio', otherName(`${fulcioArc}.7`, 'ä!b'), 'ä!b'],
  ])('reads %s', (_, name, expected) => {
    expect(readSigningCertificate(certificate([usage, codeSigning, names(name), issuer]))).toMatchObject({
      issuer: 'https://issuer.example',
      subject: expected,
      validFrom: new Date('2026-01-01T00:00:00Z'),
      ctLogIds: [],
    })
  })

  it('leaves out an extension that is not critical and not known', () => {
    const more = extension('1.2.3', der(derTag.null))
    expect(readSigningCertificate(certificate([...good, more])).subject).toBe('a@b.example')
  })

  it.each<[string, Buffer]>([
    ['one with bytes behind it', Buffer.concat([certificate(good), Buffer.from([0])])],
    ['one of version 2', certificate(good, { version: 1 })],
    ['one with two algorithms of its signature', certificate(good, { inner: sequence(derOid('1.2.3')) })],
    ['one of a key that nobody should use', certificate(good, { key: weakKey() })],
    ['one for no usage', certificate([codeSigning, subject, issuer])],
    ['one for another usage', certificate([keyUsage(0x40), codeSigning, subject, issuer])],
    ['one for no purpose', certificate([usage, subject, issuer])],
    ['one for another purpose', certificate([usage, purpose('1.3.6.1.5.5.7.3.8'), subject, issuer])],
    ['one of an authority', certificate([keyUsage(0x84), codeSigning, subject, issuer, authority])],
    [
      'one of an authority that may not sign certificates',
      certificate([usage, codeSigning, subject, issuer, authority]),
    ],
    [
      'one with a critical extension that is not known',
      certificate([...good, extension('1.2.3', der(derTag.null), yes)]),
    ],
    ['one with an extension twice', certificate([...good, subject])],
    [
      'one with something between',
      certificate([...good, extension('1.2.3', der(derTag.null), der(derTag.null))]),
    ],
    ['one without a name', certificate([usage, codeSigning, issuer])],
    ['one with no name in the list', certificate([usage, codeSigning, names(), issuer])],
    [
      'one with two names',
      certificate([usage, codeSigning, names(email('a@b.example'), email('c@d.example')), issuer]),
    ],
    [
      'one with names of two kinds',
      certificate([usage, codeSigning, names(email('a@b.example'), uri('https://b.example')), issuer]),
    ],
    ['one with the name of a host', certificate([usage, codeSigning, names(dns('b.example')), issuer])],
    [
      'one with a name by somebody else',
      certificate([usage, codeSigning, names(otherName('1.2.3', 'a')), issuer]),
    ],
    ['one with an empty name', certificate([usage, codeSigning, names(email('')), issuer])],
    ['one with a name that ends early', certificate([usage, codeSigning, names(email('a@b\0.c')), issuer])],
    ['one with a name that is no ASCII', certificate([usage, codeSigning, names(email('\u00e4@b')), issuer])],
    ['one without an issuer of the identity', certificate([usage, codeSigning, subject])],
  ])('refuses %s', (_, bytes) => {
    expect(() => readSigningCertificate(bytes)).toThrow(
      expect.objectContaining({ reason: 'certificate-invalid' }),
    )
  })
})

function weakKey(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey
}
