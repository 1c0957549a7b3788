import { digestOf } from '@sallyport/core'
import type { PackageUsage } from '@sallyport/harden'
import { describe, expect, it } from 'vitest'
import { parsePolicy } from '../document/parse-policy.ts'
import { explain } from '../explain/explain-decision.ts'
import {
  createFacts,
  createReport,
  decideCase,
  limit,
  now,
  subject,
  zlib,
} from './cases/policy-case.fixture.ts'
import { decide } from './decide.ts'

const used: PackageUsage = {
  purl: zlib,
  usage: 'linked',
  file: '/usr/lib/libz.so.1',
  chain: [
    { kind: 'entry', from: 'nginx -g daemon off;', to: '/usr/sbin/nginx', certain: true },
    { kind: 'needed', from: '/usr/sbin/nginx', to: '/usr/lib/libz.so.1', certain: true, proof: 'libz.so.1' },
  ],
}
const fixedIn = (...versions: readonly string[]) => ({ fix: { state: 'fixed', versions } as const })

describe('decide', () => {
  it('says what was judged, by which policy, and every rule with limit and actual', () => {
    const decision = decideCase({ findings: [{ severity: 'high' }] })
    expect(decision).toMatchObject({
      verdict: 'pass',
      subject,
      destination: 'prod.example/app:1',
      tier: 'prod',
      evaluatedAt: '2026-11-25T12:00:00.000Z',
      reasons: [],
    })
    expect(decision.rules.at(-1)).toEqual({
      rule: 'r',
      kind: 'threshold',
      mode: 'enforce',
      limit: 0,
      actual: 0,
      holds: true,
    })
  })

  it('fails with the finding, its file, its chain and what mends it', () => {
    const decision = decideCase({
      findings: [fixedIn('1:1.2.13.dfsg-2')],
      facts: { usage: [used] },
    })
    expect(decision.verdict).toBe('fail')
    expect(decision.reasons[0]).toMatchObject({
      effect: 'fail',
      code: 'threshold-exceeded',
      rule: 'r',
      limit: 0,
      actual: 1,
      remedy: 'upgrade zlib1g to 1:1.2.13.dfsg-2',
      findings: [{ id: 'CVE-2023-45853', package: 'zlib1g', file: used.file, chain: used.chain }],
    })
    expect(explain(decision)).toContain('nginx -g daemon off; [entry] → /usr/sbin/nginx [needed libz.so.1]')
  })

  it.each([
    [
      'the version that a scanner suggests',
      [{ fix: { ...fixedIn('1:1.3', '1:2').fix, suggested: '1:2' } }],
      'zlib1g to 1:2',
    ],
    ['the lowest version above the installed one', [fixedIn('1:1.1', '1:1.3', '1:2')], 'zlib1g to 1:1.3'],
    [
      'the version that mends all findings of a package',
      [fixedIn('1:1.10'), { id: 'CVE-2', ...fixedIn('1:1.9') }],
      'zlib1g to 1:1.10',
    ],
  ] as const)('suggests %s', (_title, findings, upgrade) => {
    expect(decideCase({ findings }).reasons[0]?.remedy).toBe(`upgrade ${upgrade}`)
  })

  it('says of which packages no fix is known', () => {
    const [reason] = decideCase({ findings: [{}, { id: 'CVE-2', ...fixedIn('1:2') }] }).reasons
    expect(reason?.remedy).toMatch(
      /^upgrade zlib1g to 1:2; for zlib1g no fix is known: do without it, or add a waiver/,
    )
  })

  it('puts the remedy of the rule before the nearest fix', () => {
    const [reason] = decideCase({
      thresholds: limit(0, { remedy: 'ask the platform team' }),
      findings: [fixedIn('1:2')],
    }).reasons
    expect(reason?.remedy).toBe('ask the platform team; upgrade zlib1g to 1:2')
  })

  it('tells how many findings count because something about them is not known', () => {
    const bucket = { epss: { atLeast: 0.5 }, age: { since: 'fix', atLeast: '7d' } }
    const [reason] = decideCase({ thresholds: limit(0, bucket), findings: [{}] }).reasons
    expect(reason?.message).toBe(
      'r: 1 of at most 0 (1 without a usable date, which grants no grace; 1 without an EPSS score)',
    )
  })

  it('says from when a rule is enforced that only warns', () => {
    const { rules, reasons } = decideCase({
      thresholds: limit(0, { enforceFrom: '2027-01-01' }),
      findings: [{}],
    })
    expect(rules.at(-1)).toMatchObject({
      mode: 'warn',
      enforceFrom: '2027-01-01T00:00:00.000Z',
      holds: false,
    })
    expect(reasons[0]).toMatchObject({
      effect: 'warn',
      message: 'r: 1 of at most 0 (enforced from 2027-01-01T00:00:00.000Z)',
    })
  })

  it('names the waiver that nearly matched, and why it did not', () => {
    const [reason] = decideCase({
      findings: [{}],
      waivers: [{ scope: { package: 'pkg:deb/debian/minizip' } }],
    }).reasons
    expect(reason?.findings?.[0]?.nearMiss).toMatchObject({
      waiver: 'W-1',
      why: expect.stringContaining('minizip'),
    })
  })

  it('keeps every reason when the glass is broken, and who did it', () => {
    const breakGlass = { justification: 'the site is down', actor: 'ada', expires: '2026-11-25T18:00:00Z' }
    const tier = { breakGlass: { allowed: true, maxLifetimeMs: 86_400_000 } }
    const decision = decideCase({ findings: [{}], tier, breakGlass })
    expect(decision).toMatchObject({ verdict: 'pass', breakGlass: { ...breakGlass, needed: true } })
    expect(decision.reasons[0]).toMatchObject({ effect: 'fail', code: 'threshold-exceeded' })
    expect(decideCase({ tier, breakGlass }).breakGlass).toEqual({ ...breakGlass, needed: false })
    expect(decideCase({ findings: [{}], breakGlass })).not.toHaveProperty('breakGlass')
  })

  it('names its inputs, sorted', () => {
    const { inputs } = decideCase({
      waivers: [{}],
      facts: {
        scan: {
          subject,
          reports: [
            createReport({ scanner: { name: 'trivy', version: '1' } }),
            createReport({ scanner: { name: 'grype', version: '1' } }),
          ],
          findings: [],
        },
      },
    })
    expect(inputs).toMatchObject({
      policy: { source: 'gate.yaml' },
      waivers: [{ source: 'waivers.yaml', digest: digestOf('waivers') }],
      scanners: [{ name: 'grype' }, { name: 'trivy' }],
      packages: 1,
    })
  })

  it.each([
    ['a scanner alone knows of', 'pkg:deb/debian/other@1', 'executed', 'fail'],
    ['was analysed', zlib, 'executed', 'pass'],
    ['a scanner alone knows of', 'pkg:deb/debian/other@1', 'linked', 'pass'],
    ['a scanner alone knows of', 'pkg:deb/debian/other@1', 'loaded', 'fail'],
  ])('with recordings, a package that %s (%s) counts for %s: %s', (_, purl, usage, verdict) => {
    const facts = createFacts({
      findings: [{}],
      facts: { usage: [{ ...used, purl }], traced: true, traceCoverage: 'complete' },
    })
    const policy = parsePolicy(
      `version: 1
tiers:
  prod:
    thresholds: [{ name: r, severity: critical, usage: ${usage}, max: 0 }]
`,
      { source: 'gate.yaml' },
    )
    expect(decide(facts, policy, { tier: 'prod', now: new Date(now) }).verdict).toBe(verdict)
  })

  it('judges by the policy of the issue as it is written', () => {
    const policy = parsePolicy(
      `version: 1
tiers:
  prod:
    thresholds:
      - { name: critical executed, severity: critical, usage: executed, max: 0 }
      - { name: critical fixable after 7 days, severity: critical, fix: fixed, age: { since: fix, atLeast: 7d }, max: 0 }
      - { name: high fixable after 30 days, severity: high, fix: fixed, age: { since: fix, atLeast: 30d }, max: 5 }
      - { name: unknown, severity: unknown, max: 0 }
`,
      { source: 'gate.yaml' },
    )
    const judge = (findings: Parameters<typeof createFacts>[0]['findings']) =>
      decide(createFacts({ findings, usage: 'present' }), policy, { tier: 'prod', now: new Date(now) })
    const fix = { state: 'fixed', versions: ['1:2'], availableAt: '2026-11-18T12:00:00Z' } as const
    expect(judge([{}]).verdict).toBe('pass')
    expect(judge([{ fix }]).reasons.map(({ rule }) => rule)).toEqual(['critical fixable after 7 days'])
    expect(judge([{ severity: 'unknown' }]).reasons.map(({ rule }) => rule)).toEqual(['unknown'])
  })

  it('refuses a tier that the policy lacks', () => {
    const policy = { source: 'gate.yaml', digest: digestOf('policy'), tiers: new Map() }
    expect(() => decide(createFacts({}), policy, { tier: 'prod', now: new Date(now) })).toThrow(
      expect.objectContaining({ code: 'TIER_UNKNOWN' }),
    )
  })
})
