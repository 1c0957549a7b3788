import { ASN1Obj } from '@sigstore/core'
import { describe, expect, it } from 'vitest'
import { der, derTag } from '../../internal/der.ts'
import { fulcioArc, readFulcioClaims } from './fulcio-claims.ts'

const utf8 = (text: string): Buffer => der(0x0c, Buffer.from(text))
const read = (...extensions: readonly [string, Uint8Array][]) =>
  readFulcioClaims(
    new Map(
      extensions.map(([number, value]) => [
        `${fulcioArc}.${number}`,
        ASN1Obj.parseBuffer(Buffer.from(der(derTag.octetString, value))),
      ]),
    ),
  )

describe('readFulcioClaims', () => {
  it.each<[string, [string, Uint8Array][], string | undefined]>([
    ['the new form', [['8', utf8('https://a')]], 'https://a'],
    ['the old form', [['1', Buffer.from('https://a')]], 'https://a'],
    [
      'both forms, when they say the same',
      [
        ['1', Buffer.from('https://a')],
        ['8', utf8('https://a')],
      ],
      'https://a',
    ],
    [
      'no two issuers',
      [
        ['1', Buffer.from('https://a')],
        ['8', utf8('https://b')],
      ],
      undefined,
    ],
    ['none', [], undefined],
    ['no empty one', [['8', utf8('')]], undefined],
    ['none that is no text', [['8', Buffer.from('https://a')]], undefined],
    ['none with a NUL', [['8', utf8('https://a\0.b')]], undefined],
    ['none below the old form', [['1.0', utf8('https://a')]], undefined],
    ['none below the new form', [['8.0', utf8('https://a')]], undefined],
  ])('takes for the issuer: %s', (_, extensions, issuer) => {
    expect(read(...extensions)?.issuer).toBe(issuer)
  })

  it('takes for a claim only its own number', () => {
    const issuer = ['8', utf8('https://a')] as const
    expect(read([...issuer], ['12', utf8('x')], ['12.0', utf8('y')])?.claims).toEqual({
      sourceRepositoryURI: 'x',
    })
  })
})
