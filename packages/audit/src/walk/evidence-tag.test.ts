import { type Digest } from '@sallyport/core'
import { fallbackTag } from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { evidenceTagsOf, parseEvidenceTag } from './evidence-tag.ts'

const hex = 'a'.repeat(64)
const long: Digest = `sha512:${'ab'.repeat(64)}`

describe('parseEvidenceTag', () => {
  it.each([
    [`sha256-${hex}`, { kind: 'list', subject: `sha256:${hex}` }],
    [`sha256-${hex}.sig`, { kind: 'cosign', subject: `sha256:${hex}` }],
    [`sha256-${hex}.att`, { kind: 'cosign', subject: `sha256:${hex}` }],
    [`sha256-${hex}.sbom`, { kind: 'cosign', subject: `sha256:${hex}` }],
    [fallbackTag(long), { kind: 'list', subject: long.slice(0, 71) }],
    [`sha512-${'ab'.repeat(64)}.sig`, { kind: 'cosign', subject: long }],
    [`sha256-${hex}.exe`, undefined],
    [`sha256-${hex}0`, undefined],
    [`sha256-${hex.toUpperCase()}.sig`, undefined],
    [`x-sha256-${hex}.sig`, undefined],
    ['latest', undefined],
  ])('reads %s', (tag, expected) => {
    expect(parseEvidenceTag(tag)).toEqual(expected)
  })

  it('reads each tag that is made of a digest', () => {
    for (const tag of evidenceTagsOf(`sha256:${hex}`))
      expect(parseEvidenceTag(tag)?.subject).toBe(`sha256:${hex}`)
  })
})
