import { digestOf, parsePlatform } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import type { ImageJudgement } from '../steps/judge-image.ts'
import { judgementDigest } from './judgement-digest.ts'

interface Changes {
  readonly result?: string
  readonly version?: string
  readonly findings?: readonly unknown[]
  readonly data?: string
  readonly usage?: string
  readonly platform?: string
  readonly verdict?: string
  readonly policy?: string
  readonly evaluatedAt?: string
  readonly startedAt?: string
  readonly holds?: boolean
  readonly counted?: number
}

/** Only what the function looks at. */
function judged(changes: Changes = {}): ImageJudgement {
  const { result = 'result', version = '1', findings = [], data = 'data', usage = 'linked' } = changes
  const { platform = 'linux/amd64', verdict = 'pass', policy = 'policy' } = changes
  const { evaluatedAt = '2026-11-25T12:00:00.000Z', startedAt = evaluatedAt } = changes
  const { holds = true, counted } = changes
  const scanner = { name: 'sallyport', version: '1' }
  return {
    platform: parsePlatform(platform),
    source: { descriptor: { digest: digestOf('source') } },
    after: {
      image: { raw: { descriptor: { digest: digestOf(result) } } },
      inventory: {
        packages: [{ purl: `pkg:deb/debian/hello@${version}`, evidence: { path: '/status' } }],
        gaps: [],
      },
    },
    facts: {
      scan: {
        findings,
        reports: [
          {
            scanner,
            data: [{ name: 'db', digest: digestOf(data) }],
            status: 'complete',
            gaps: [],
            startedAt,
            finishedAt: startedAt,
          },
        ],
      },
      usage: [{ purl: 'pkg:deb/debian/hello', usage }],
    },
    decision: {
      verdict,
      policy: { digest: digestOf(policy) },
      evaluatedAt,
      rules: [
        { rule: 'drop', kind: 'precondition', mode: 'enforce', holds, limit: counted, actual: counted },
      ],
    },
  } as unknown as ImageJudgement
}
const digest = judgementDigest([judged()])

describe('judgementDigest', () => {
  it('is the same at another time', () => {
    const later = { evaluatedAt: '2026-11-26T12:00:00.000Z', startedAt: '2026-11-26T11:00:00.000Z' }
    expect(judgementDigest([judged(later)])).toBe(digest)
  })

  it('is the same when a rule that holds has counted more than before, as one does that looks at the scan before', () => {
    expect(judgementDigest([judged({ counted: 0 })])).toBe(digest)
  })

  it.each<[string, Changes]>([
    ['outcome of a rule', { holds: false }],
    ['result', { result: 'other' }],
    ['version of a package', { version: '2' }],
    ['finding', { findings: [{ id: 'CVE-2026-1001' }] }],
    ['state of the vulnerability data', { data: 'other' }],
    ['usage of a package', { usage: 'present' }],
    ['platform', { platform: 'linux/arm64' }],
    ['verdict', { verdict: 'fail' }],
    ['policy', { policy: 'other' }],
  ])('differs with another %s', (_title, changes) => {
    expect(judgementDigest([judged(changes)])).not.toBe(digest)
  })

  it('differs with another number of images', () => {
    expect(judgementDigest([judged(), judged()])).not.toBe(digest)
  })
})
