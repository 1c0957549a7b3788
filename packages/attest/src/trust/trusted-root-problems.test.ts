import { createSigstore } from '@sallyport/testkit/sigstore'
import { describe, expect, it } from 'vitest'
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
})
