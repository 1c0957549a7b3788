import { describe, expect, it } from 'vitest'
import { sharedCases } from '../testing/shared-cases.ts'
import { fallbackTag, isEvidenceTag } from './fallback-tag.ts'

interface Answer {
  readonly tag?: string
  readonly error?: true
}
interface Row {
  readonly name: string
  readonly input: string
  readonly expect: Answer & { readonly anyOf?: readonly Answer[] }
}

const rows = sharedCases<Row>('referrers-tag')

function answer(digest: string): Answer {
  try {
    return { tag: fallbackTag(digest) }
  } catch (error) {
    expect(error).toMatchObject({ code: 'REFERENCE_INVALID' })
    return { error: true }
  }
}

describe.skipIf(rows.length === 0)('fallbackTag, shared table', () => {
  it.each(rows)('$name', ({ input, expect: expected }) => {
    expect(expected.anyOf ?? [expected]).toContainEqual(answer(input))
  })
})

describe('fallbackTag', () => {
  it('fits a sha512 digest into a tag', () => {
    expect(fallbackTag(`sha512:${'b'.repeat(128)}`)).toBe(`sha512-${'b'.repeat(64)}`)
  })
})

describe('isEvidenceTag', () => {
  const hex = 'b'.repeat(64)
  it.each([
    fallbackTag(`sha256:${hex}`),
    fallbackTag(`sha512:${hex}${hex}`),
    `sha256-${hex}.sig`,
    `sha256-${hex}.any`,
  ])('knows %s', (tag) => expect(isEvidenceTag(tag)).toBe(true))

  it.each(['1', `sha256-${hex.slice(1)}`, `v-sha256-${hex}`, `sha256-${hex}.`, `sha256-${hex}-debug`])(
    'leaves %s to images',
    (tag) => expect(isEvidenceTag(tag)).toBe(false),
  )
})
