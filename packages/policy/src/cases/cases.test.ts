import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { parsePolicy } from '../document/parse-policy.ts'
import { decide } from '../evaluate/decide.ts'
import { renderJson } from '../report/render-json.ts'
import { diffPolicies } from './diff-policies.ts'
import { parsePolicyCases } from './parse-policy-cases.ts'
import { renderPolicyCases } from './render-policy-cases.ts'
import { renderPolicyDiff } from './render-policy-diff.ts'
import { runPolicyCases } from './run-policy-cases.ts'
import { parseFacts, serializeFacts, type StoredFacts } from './stored-facts.ts'
import { toFacts } from './to-facts.ts'

const policyOf = (thresholds: string, source = 'gate.yaml') =>
  parsePolicy(`version: 1\ntiers:\n  prod:\n    thresholds:\n${thresholds}`, { source })

const policy = policyOf(`      - { name: critical executed, severity: critical, usage: executed, max: 0 }
      - { name: high fixable after 30 days, severity: high, fix: fixed, age: { since: fix, atLeast: 30d }, max: 1 }
      - { name: unknown, severity: unknown, max: 0 }`)

const table = `version: 1
defaults: { tier: prod, now: 2026-11-25T12:00:00Z }
cases:
  - name: an image without findings passes
    expect: { verdict: pass, reasons: [], rules: { critical executed: holds } }
  - name: a critical that may run stops
    facts: { findings: [CVE-2023-45853 critical zlib1g@1:1.2.13 linked] }
    expect: { verdict: fail, reasons: [threshold-exceeded], rules: { critical executed: broken } }
  - name: a complete recording relaxes
    facts: { trace: complete, findings: [CVE-2023-45853 critical zlib1g@1:1.2.13 linked] }
    expect: { verdict: pass }
  - name: one high is let through, two are not
    facts:
      findings:
        - CVE-2026-1 high openssl@3.0.1 fix:3.0.2 fixSince:2026-01-01
        - CVE-2026-2 high openssl@3.0.1 fix:3.0.2 fixSince:2026-01-01
    expect: { verdict: fail, rules: { high fixable after 30 days: broken } }
  - name: a waiver takes it out
    facts: { findings: [CVE-2023-45853 critical zlib1g@1:1.2.13 executed] }
    waivers:
      - id: W-1
        vulnerability: CVE-2023-45853
        scope: { package: pkg:deb/debian/zlib1g }
        reason: minizip is not built
        owner: platform team
        expires: 2026-12-01
    expect: { verdict: pass, waivers: { W-1: applied } }
  - name: an expired one does not
    facts: { findings: [CVE-2023-45853 critical zlib1g@1:1.2.13 executed] }
    waivers:
      - id: W-2
        vulnerability: CVE-2023-45853
        scope: { package: pkg:deb/debian/zlib1g }
        reason: minizip is not built
        owner: platform team
        expires: 2026-11-24
    expect: { verdict: fail, notes: [waiver-expired], waivers: { W-2: expired } }
  - name: old data are no answer
    facts: { dataAge: 6d }
    expect: { verdict: error }
  - name: a scanner that failed is no answer
    facts: { failures: [scan SCANNER_FAILED exit 2] }
    expect: { verdict: error }
`
const cases = parsePolicyCases(table, { source: 'cases.yaml' })

describe('runPolicyCases', () => {
  it('runs a table', () => {
    expect(renderPolicyCases(runPolicyCases(policy, cases))).toContain('8 cases, 8 passed, 0 failed')
  })

  it('says what came out otherwise, and why', () => {
    const wrong = parsePolicyCases(
      table.replace(
        'expect: { verdict: fail, reasons: [threshold-exceeded]',
        'expect: { verdict: pass, reasons: [other]',
      ),
      { source: 'cases.yaml' },
    )
    const report = runPolicyCases(policy, wrong)
    expect(report).toMatchObject({ passed: 7, failed: 1 })
    const text = renderPolicyCases(report)
    expect(text).toContain('✗ a critical that may run stops (prod)')
    expect(text).toContain('    verdict\n      - pass\n      + fail')
    expect(text).toContain('    reasons\n      - other\n      + threshold-exceeded')
    expect(text).toMatch(/ {4}fail: .*critical executed/)
  })

  it.each([
    ['rules', { rules: { 'no such rule': 'holds' } }, 'not evaluated'],
    ['waivers', { waivers: { 'W-9': 'applied' } }, 'not of this tier'],
    ['notes', { notes: ['waiver-expired'] }, 'none'],
  ] as const)('fails a case that expects %s which are not there', (_, expect_, actual) => {
    const report = runPolicyCases(policy, [
      {
        name: 'c',
        tier: 'prod',
        now: '2026-11-25T12:00:00Z',
        facts: {},
        expect: { verdict: 'pass', ...expect_ },
      },
    ])
    expect(report.results[0]?.differences[0]?.actual).toBe(actual)
    expect(report.failed).toBe(1)
  })

  it.each([
    ['a tier that does not exist', { tier: 'nowhere' }, 'TIER_UNKNOWN'],
    ['a time that is none', { now: 'tomorrow' }, 'is no time'],
    ['a finding that is not understood', { facts: { findings: ['CVE-1'] } }, 'POLICY_INVALID'],
  ])('fails a case with %s', (_, changes, actual) => {
    const report = runPolicyCases(policy, [
      {
        name: 'c',
        tier: 'prod',
        now: '2026-11-25T12:00:00Z',
        facts: {},
        expect: { verdict: 'error' },
        ...changes,
      },
    ])
    expect(report.failed).toBe(1)
    expect(report.results[0]?.differences[0]?.actual).toContain(actual)
  })

  it('names the rules that no case broke or let hold, and waivers that were never applied', () => {
    const { coverage } = runPolicyCases(policy, cases)
    expect(coverage.neverBroken).toContainEqual({ tier: 'prod', rule: 'unknown' })
    expect(coverage.neverBroken).not.toContainEqual({ tier: 'prod', rule: 'critical executed' })
    expect(coverage.neverHeld).toEqual([])
    expect(coverage.waiversNeverApplied).toEqual(['W-2'])
    const one = runPolicyCases(policy, [cases[1]!])
    expect(one.coverage.neverHeld).toContainEqual({ tier: 'prod', rule: 'critical executed' })
    expect(runPolicyCases(policy, []).coverage.tiersWithoutCase).toEqual(['prod'])
  })

  it('writes JSON for programs', () => {
    const report = JSON.parse(renderPolicyCases(runPolicyCases(policy, cases), { format: 'json' })) as object
    expect(report).toMatchObject({ passed: 8, failed: 0, coverage: { waiversNeverApplied: ['W-2'] } })
  })
})

describe('parsePolicyCases', () => {
  it.each([
    ['an unknown field', 'facts: { findngs: [] }', /findngs/],
    ['a finding that is misspelt', 'facts: { findings: [CVE-1 critcal a@1] }', /"critcal" is no severity/],
    [
      'a word that nobody knows',
      'facts: { findings: [CVE-1 high a@1 exploited] }',
      /"exploited" is not understood/,
    ],
    ['an age that is none', 'facts: { dataAge: long }', /age "long"/],
    ['a package without version', 'facts: { packages: [zlib1g] }', /package "zlib1g"/],
    [
      'a waiver with a malformed date',
      'waivers: [{ id: W, vulnerability: CVE-1-1, scope: { package: pkg:deb/debian/a }, reason: r, owner: o, expires: soon }]',
      /expires/,
    ],
  ])('refuses %s, with its place', (_, field, message) => {
    const text = `version: 1\ncases:\n  - name: c\n    tier: prod\n    now: 2026-11-25\n    ${field}\n    expect: { verdict: pass }\n`
    expect(() => parsePolicyCases(text, { source: 'c.yaml' })).toThrow(
      expect.objectContaining({ code: 'POLICY_INVALID', message: expect.stringMatching(message) }),
    )
    expect(() => parsePolicyCases(text, { source: 'c.yaml' })).toThrow(/^c\.yaml:6:/)
  })

  it.each([
    ['no tier', '  - { name: c, now: 2026-11-25, expect: { verdict: pass } }', /names no tier/],
    ['no time', '  - { name: c, tier: prod, expect: { verdict: pass } }', /names no time/],
    ['no case', '', /cases/],
  ])('refuses a table with %s', (_, line, message) => {
    expect(() => parsePolicyCases(`version: 1\ncases:\n${line}\n`, { source: 'c.yaml' })).toThrow(message)
  })

  it('refuses two cases of one name', () => {
    const one = '  - { name: c, tier: prod, now: 2026-11-25, expect: { verdict: pass } }\n'
    expect(() => parsePolicyCases(`version: 1\ncases:\n${one}${one}`, { source: 'c.yaml' })).toThrow(
      /a second case/,
    )
  })
})

const stored = (findings: readonly string[], changes: Partial<StoredFacts> = {}): StoredFacts => ({
  schema: 'https://sallyport.dev/schemas/stored-facts/v1',
  tier: 'prod',
  evaluatedAt: '2026-11-25T12:00:00.000Z',
  facts: toFacts({ findings }, new Date('2026-11-25T12:00:00Z')),
  waivers: [],
  ...changes,
})
const critical = 'CVE-2026-3 critical zlib1g@1 executed'

describe('serializeFacts and parseFacts', () => {
  it('give the same decision again', () => {
    for (const one of [
      stored([critical]),
      stored([], { waivers: cases[4]!.waivers! }),
      stored([critical], {
        breakGlass: { actor: 'a', justification: 'it can not wait', expires: '2026-11-26T00:00:00Z' },
      }),
    ]) {
      const again = parseFacts(serializeFacts(one), { source: 'f.json' })
      expect(serializeFacts(again)).toBe(serializeFacts(one))
      const judge = ({ facts, tier, evaluatedAt, waivers, breakGlass }: StoredFacts) =>
        renderJson(decide(facts, policy, { tier, now: new Date(evaluatedAt), waivers, breakGlass }))
      expect(judge(again)).toBe(judge(one))
    }
  })

  const broken = (
    change: (value: { [name: string]: never } & { facts: Record<string, unknown> }) => void,
  ): string => {
    const value = JSON.parse(serializeFacts(stored([critical]))) as Parameters<typeof change>[0]
    change(value)
    return JSON.stringify(value)
  }
  it.each([
    ['not JSON', '{'],
    ['no findings', broken(({ facts }) => delete (facts['scan'] as Record<string, unknown>)['findings'])],
    ['no failures', broken(({ facts }) => delete facts['failures'])],
    [
      'a severity that is none',
      broken(
        ({ facts }) =>
          ((facts['scan'] as { findings: [{ severity: string }] }).findings[0].severity = 'huge'),
      ),
    ],
    ['a subject that is none', broken(({ facts }) => (facts['subject'] = 'sha256:1'))],
    [
      'gaps that are none',
      broken(({ facts }) => ((facts['inventory'] as Record<string, unknown>)['gaps'] = {})),
    ],
    ['no reports', broken(({ facts }) => ((facts['scan'] as Record<string, unknown>)['reports'] = null))],
    ['another schema', broken((value) => (value['schema'] = 'x' as never))],
    ['depth', '['.repeat(1000)],
  ])('refuse %s', (_, text) => {
    expect(() => parseFacts(text, { source: 'f.json' })).toThrow(
      expect.objectContaining({ code: 'FACTS_INVALID' }),
    )
  })
})

describe('diffPolicies', () => {
  const looser = policyOf(
    '      - { name: critical executed, severity: critical, usage: executed, max: 1 }',
    'new.yaml',
  )

  it('says which decisions would change, and why', () => {
    const diff = diffPolicies(policy, looser, [
      stored([]),
      stored([critical]),
      stored([critical, 'CVE-2026-4 critical a@1 executed']),
    ])
    expect(diff).toMatchObject({
      compared: 3,
      unchanged: 1,
      changes: [
        {
          kind: 'looser',
          before: { verdict: 'fail', reasons: [{ rule: 'critical executed' }] },
          after: { verdict: 'pass', reasons: [] },
        },
        { kind: 'same', before: { verdict: 'fail' }, after: { verdict: 'fail' } },
      ],
    })
    const text = renderPolicyDiff(diff)
    expect(text).toContain('3 decisions, 1 unchanged')
    expect(text).toContain('Would pass now: 1')
    expect(text).toMatch(/prod\.example\/app:1 {2}fail → pass/)
    expect(renderPolicyDiff(diffPolicies(looser, policy, [stored([critical])]))).toContain(
      'Would not pass any more: 1',
    )
  })

  it('finds nothing between a policy and itself', () => {
    expect(diffPolicies(policy, policy, [stored([critical])])).toMatchObject({ unchanged: 1, changes: [] })
  })

  it('counts a tier that is gone as no verdict, never as looser', () => {
    const other = parsePolicy('version: 1\ntiers:\n  dev: { thresholds: [{ name: a, max: 0 }] }', {
      source: 'o.yaml',
    })
    expect(diffPolicies(policy, other, [stored([])]).changes).toMatchObject([
      { kind: 'tighter', after: { verdict: 'none', reasons: [{ code: 'TIER_UNKNOWN' }] } },
    ])
  })

  it('writes JSON for programs', () => {
    const diff = diffPolicies(policy, looser, [stored([critical])])
    expect(JSON.parse(renderPolicyDiff(diff, { format: 'json' }))).toMatchObject({
      compared: 1,
      after: { digest: looser.digest },
    })
    expect(digestOf(renderPolicyDiff(diff))).toBe(digestOf(renderPolicyDiff(diff)))
  })
})
