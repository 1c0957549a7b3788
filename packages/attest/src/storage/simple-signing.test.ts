import type { Digest } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { predicateTypes } from '../statement/statement.ts'
import { createSimpleSigning, parseSimpleSigning } from './simple-signing.ts'

const image: Digest = `sha256:${'ab'.repeat(32)}`
const reference = 'registry.example/team/app'
const bytes = createSimpleSigning({ image, reference, annotations: { tier: 'prod' } })
const text = Buffer.from(bytes).toString()
const type = 'cosign container image signature'

describe('parseSimpleSigning', () => {
  it('reads what createSimpleSigning writes', () => {
    expect(parseSimpleSigning(bytes)).toEqual({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: reference, digest: { sha256: 'ab'.repeat(32) }, annotations: { tier: 'prod' } }],
      predicateType: predicateTypes.cosignSign,
      predicate: {},
    })
  })

  it('leaves annotations out that are no text', () => {
    const other = text.replace('"prod"', '{"prod":1}')
    expect(parseSimpleSigning(Buffer.from(other)).subject[0]?.annotations).toBeUndefined()
  })

  it.each([
    ['another type', text.replace(type, 'atomic container signature')],
    ['no type', text.replace(`,"type":"${type}"`, '')],
    ['no digest', text.replace('docker-manifest-digest', 'docker-digest')],
    ['something else for a digest', text.replace(image, 'sha256:ab')],
    ['no reference', text.replace('docker-reference', 'reference')],
    [
      'two digests',
      text.replace(`"image":{`, `"image":{"docker-manifest-digest":"sha256:${'cd'.repeat(32)}",`),
    ],
    ['two parts that are critical', text.replace('{', '{"critical":{},')],
    ['more behind it', `${text}{}`],
    ['no object', '[]'],
  ])('refuses %s', (_, payload) => {
    expect(payload).not.toBe(text)
    expect(() => parseSimpleSigning(Buffer.from(payload))).toThrow(
      expect.objectContaining({ code: 'STATEMENT_INVALID' }),
    )
  })
})
