import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { manifestOf } from './listing-content.fixture.ts'
import { toListed } from './to-listed.ts'

const { digest } = manifestOf(1)

describe('toListed', () => {
  it.each([
    ['a size in text', { size: '123' }, { size: 123 }],
    ['a size that is none', { size: '-1' }, { size: undefined }],
    ['a size in parts', { size: 1.5 }, { size: undefined }],
    ['a media type that is none', { mediaType: 'a\u001b[31m/b' }, { mediaType: undefined }],
    ['an empty artifact type', { artifactType: '' }, { artifactType: undefined }],
    ['a time that is none', { pushedAt: 'soon' }, { pushedAt: undefined }],
  ])('leaves out what it can not understand: %s', (_, told, expected) => {
    expect([...toListed('registry/app', { digest, tags: ['v1'], ...told })]).toEqual([
      { digest, tags: ['v1'], ...expected },
    ])
  })

  it.each([
    ['a short one', 'sha256:abc', 'DIGEST_INVALID'],
    ['one in upper case', digest.toUpperCase(), 'DIGEST_INVALID'],
    ['a number', 7, 'DIGEST_INVALID'],
    ['none', undefined, 'DIGEST_MISSING'],
    ['null', null, 'DIGEST_MISSING'],
    ['an empty one', '', 'DIGEST_MISSING'],
  ])('says for each tag that its digest can not be used: %s', (_, bad, code) => {
    const listed = [...toListed('registry/app', { digest: bad, tags: ['v1', 'v2'] })]
    expect(listed).toMatchObject([
      { tag: 'v1', code },
      { tag: 'v2', code },
    ])
    expect(() => [...toListed('registry/app', { digest: bad, tags: [] })]).toThrow(
      expect.objectContaining({ code: 'LISTING_INVALID', subject: 'registry/app' }) as Error,
    )
  })

  it('never leaves out a tag', () => {
    const anything = fc.record({
      digest: fc.oneof(fc.constant(digest), fc.anything()),
      tags: fc.array(fc.string(), { minLength: 1 }),
    })
    fc.assert(
      fc.property(anything, (told) => {
        const listed = [...toListed('registry/app', told)]
        const named = listed.flatMap((each) => ('digest' in each ? each.tags : [each.tag]))
        expect(named.toSorted()).toEqual(told.tags.toSorted())
      }),
    )
  })
})
