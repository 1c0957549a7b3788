import { createSigstore } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
import { combineTrustedRoots } from './combine-trusted-roots.ts'
import { parseTrustedRoot } from './trusted-root.ts'
import { trustedRootProblems } from './trusted-root-problems.ts'

describe('trustedRootProblems', () => {
  const validity = { notBefore: new Date('2026-01-01T00:00:00Z'), notAfter: new Date('2026-02-01T00:00:00Z') }
  const clock = () => Date.UTC(2026, 0, 15)
  const root = parseTrustedRoot(JSON.stringify(createSigstore({ clock, validity }).trustedRoot))
  const kinds = [
    'transparency log',
    'certificate authority',
    'certificate transparency log',
    'timestamp authority',
  ]

  it.each(['2026-01-01T00:00:00.000Z', '2026-01-15T00:00:00.000Z', '2026-02-01T00:00:00.000Z'])(
    'finds none at %s',
    (now) => {
      expect(trustedRootProblems(root, new Date(now))).toEqual([])
    },
  )

  it('names what has ended, and when', () => {
    const ended = kinds.map((kind) => `no ${kind} counts since 2026-02-01T00:00:00.000Z`)
    expect(trustedRootProblems(root, new Date('2026-02-01T00:00:00.001Z'))).toEqual(ended)
  })

  it('names what has not begun', () => {
    expect(trustedRootProblems(root, new Date(0))).toEqual(kinds.map((kind) => `no ${kind} counts yet`))
  })

  it.each([
    ['2026-01-22T00:00:00.000Z', 9, 0],
    ['2026-01-22T00:00:00.000Z', 10, 0],
    ['2026-01-22T00:00:00.001Z', 10, 4],
    ['2026-02-01T00:00:00.000Z', 10, 4],
  ])('at %s finds, of what ends within %d days, %d', (now, days, count) => {
    const found = trustedRootProblems(root, new Date(now), { endsWithinMs: days * 86_400_000 })
    expect(found).toHaveLength(count)
    for (const [index, problem] of found.entries())
      expect(problem).toMatch(
        new RegExp(`^no ${kinds[index]} counts after 2026-02-01T00:00:00.000Z, in \\d+ days$`),
      )
  })

  it('does not warn of an end after which another part counts', () => {
    const next = { notBefore: new Date('2026-01-20T00:00:00Z'), notAfter: new Date('2027-01-01T00:00:00Z') }
    const both = combineTrustedRoots([
      root,
      parseTrustedRoot(JSON.stringify(createSigstore({ clock, validity: next }).trustedRoot)),
    ])
    const endsWithinMs = 30 * 86_400_000
    expect(trustedRootProblems(both, new Date('2026-01-19T00:00:00Z'), { endsWithinMs })).toEqual([])
  })

  it.each([
    ['2026-01-15T00:00:00.000Z', []],
    ['2026-01-15T00:00:00.001Z', ['the newest part counts since 2026-01-01T00:00:00.000Z, 14 days ago']],
  ])('at %s finds a root of which nothing is newer than 14 days: %j', (now, expected) => {
    expect(trustedRootProblems(root, new Date(now), { maxAgeMs: 14 * 86_400_000 })).toEqual(expected)
  })

  it('finds no age of a root without parts', () => {
    expect(trustedRootProblems(combineTrustedRoots([]), new Date(), { maxAgeMs: 0 })).toEqual([])
  })

  it.each([{ endsWithinMs: -1 }, { maxAgeMs: Number.NaN }])('refuses %o', (options) => {
    expect(() => trustedRootProblems(root, new Date(), options)).toThrow(
      expect.objectContaining({ code: 'TRUST_INVALID' }),
    )
  })
})
