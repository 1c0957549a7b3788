import { describe, expect, it } from 'vitest'
import { isAbout } from './is-about.ts'
import type { StatementSubject } from './statement.ts'

const hex = 'ab'.repeat(32)
const other = 'cd'.repeat(32)

describe('isAbout', () => {
  it.each<[string, StatementSubject['digest'][], boolean]>([
    ['its digest', [{ sha256: hex }], true],
    ['its digest beside others', [{ sha256: other }, { sha512: other, sha256: hex }], true],
    ['another digest', [{ sha256: other }], false],
    ['its digest under the name of another algorithm', [{ sha512: hex, sha1: hex }], false],
    ['another digest beside its own under another name', [{ sha256: other, gitCommit: hex }], false],
    ['its digest in other letters', [{ sha256: hex.toUpperCase() }], false],
    ['the start of its digest', [{ sha256: hex.slice(0, 32) }], false],
    ['nothing', [], false],
  ])('judges a statement about %s', (_, digests, expected) => {
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: digests.map((digest) => ({ digest })),
      predicateType: 'https://example.com/predicate/v1',
      predicate: {},
    } as const
    expect(isAbout(statement, `sha256:${hex}`)).toBe(expected)
  })

  it('takes no name from a prototype for an algorithm', () => {
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: Object.create({ sha256: hex }) as Record<string, string> }],
      predicateType: 'https://example.com/predicate/v1',
      predicate: {},
    } as const
    expect(isAbout(statement, `sha256:${hex}`)).toBe(false)
  })
})
