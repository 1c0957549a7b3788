import { digestOf } from '@sallyport/core'
import type { PackageUsage } from '@sallyport/harden'
import type { Finding, ScanReport } from '@sallyport/scan'
import { describe, expect, it } from 'vitest'
import { parsePolicy } from '../document/parse-policy.ts'
import { explain } from '../explain/explain-decision.ts'
import type { PolicyFacts } from '../facts.ts'
import { decide } from './decide.ts'

const subject = digestOf('image')
const now = new Date('2026-11-25T12:00:00Z')
const zlib = 'pkg:deb/debian/zlib1g@1:1.2.13.dfsg-1?arch=amd64&distro=debian-12'

const finding: Finding = {
  id: 'CVE-2023-45853',
  aliases: ['DEBIAN-CVE-2023-45853'],
  package: { purl: zlib, type: 'deb', name: 'zlib1g', version: '1:1.2.13.dfsg-1' },
  severity: 'critical',
  ratings: [],
  fix: { state: 'not-fixed', versions: [] },
  scanners: ['sallyport'],
}
const used: PackageUsage = {
  purl: zlib,
  usage: 'linked',
  file: '/usr/lib/x86_64-linux-gnu/libz.so.1.2.13',
  chain: [
    { kind: 'entry', from: 'nginx -g daemon off;', to: '/usr/sbin/nginx', certain: true },
    {
      kind: 'needed',
      from: '/usr/sbin/nginx',
      to: '/usr/lib/x86_64-linux-gnu/libz.so.1.2.13',
      certain: true,
      proof: 'libz.so.1',
    },
  ],
}

function report(changes: Partial<ScanReport> = {}): ScanReport {
  return {
    scanner: { name: 'sallyport', version: '1' },
    subject,
    startedAt: now.toISOString(),
    finishedAt: now.toISOString(),
    data: [{ name: 'advisories', updatedAt: '2026-11-25T00:00:00Z' }],
    status: 'complete',
    gaps: [],
    findings: [],
    ...changes,
  }
}

function facts(findings: readonly Finding[], changes: Partial<PolicyFacts> = {}): PolicyFacts {
  return {
    subject,
    destination: 'prod.example/app:1',
    inventory: {
      subject,
      platform: { os: 'linux', architecture: 'amd64' },
      distro: { id: 'debian', versionId: '12', idLike: [] },
      packages: [
        {
          type: 'deb',
          name: 'zlib1g',
          version: '1:1.2.13.dfsg-1',
          purl: zlib,
          files: [],
          evidence: { path: '/var/lib/dpkg/status', layer: 0, diffId: subject, method: 'dpkg-status' },
        },
      ],
      gaps: [],
    },
    scan: { subject, reports: [report()], findings },
    failures: [],
    usage: [used],
    removed: [],
    ...changes,
  }
}

function policy(thresholds: string, rest = '') {
  return parsePolicy(`version: 1\ntiers:\n  prod:\n    thresholds:\n${thresholds}\n${rest}`, {
    source: 'gate.yaml',
  })
}
const noCritical = '      - { name: no critical, severity: critical, max: 0 }'
const waive = (fields: string) =>
  `waivers:\n  - { id: W-1, vulnerability: CVE-2023-45853, package: 'pkg:deb/debian/zlib1g', reason: r, owner: o, ${fields} }`

describe('decide', () => {
  it('passes when every threshold holds', () => {
    const decision = decide(facts([]), policy(noCritical), { tier: 'prod', now })
    expect(decision).toMatchObject({ verdict: 'pass', subject, tier: 'prod', reasons: [] })
    expect(decision.rules).toContainEqual({ rule: 'no critical', limit: 0, actual: 0, holds: true })
  })

  it('fails with the finding, its file and its chain', () => {
    const decision = decide(facts([finding]), policy(noCritical), { tier: 'prod', now })
    expect(decision.verdict).toBe('fail')
    expect(decision.reasons[0]).toMatchObject({
      code: 'threshold-exceeded',
      limit: 0,
      actual: 1,
      findings: [
        { id: 'CVE-2023-45853', package: 'zlib1g', usage: 'linked', file: used.file, chain: used.chain },
      ],
    })
    expect(explain(decision)).toContain('nginx -g daemon off; [entry] → /usr/sbin/nginx [needed libz.so.1]')
  })

  it.each([
    ['executed', 'linked', 'fail'],
    ['loaded', 'possible', 'fail'],
    ['executed', 'present', 'pass'],
    ['linked', 'possible', 'pass'],
    ['present', 'linked', 'pass'],
  ] as const)('a rule for %s counts %s without a trace: %s', (rule, usage, verdict) => {
    const given = facts([finding], { usage: [{ ...used, usage }] })
    const written = policy(`      - { name: r, severity: critical, usage: ${rule}, max: 0 }`)
    expect(decide(given, written, { tier: 'prod', now }).verdict).toBe(verdict)
  })

  it('does not count linked as executed when a complete trace is attached', () => {
    const written = policy('      - { name: r, severity: critical, usage: executed, max: 0 }')
    expect(decide(facts([finding], { traced: true }), written, { tier: 'prod', now }).verdict).toBe('pass')
  })

  it('counts a package whose usage nobody analysed as possible', () => {
    const written = policy('      - { name: r, severity: critical, usage: possible, max: 0 }')
    expect(decide(facts([finding], { usage: [] }), written, { tier: 'prod', now }).verdict).toBe('fail')
  })

  it('limits findings of unknown severity to 0 when no rule speaks of them', () => {
    const decision = decide(facts([{ ...finding, severity: 'unknown' }]), policy(noCritical), {
      tier: 'prod',
      now,
    })
    expect(decision.verdict).toBe('fail')
    expect(decision.reasons[0]?.rule).toBe('unknown severity (implicit)')
  })

  it.each([
    [
      'a scanner failed',
      { failures: [{ step: 'scan', code: 'SCANNER_FAILED', message: 'exit 2' }] },
      'step-failed',
    ],
    ['no scanner reported', { scan: { subject, reports: [], findings: [] } }, 'no-scan'],
    [
      'a report is about another image',
      { scan: { subject, reports: [report({ subject: digestOf('other') })], findings: [] } },
      'subject-mismatch',
    ],
    [
      'the merged scan is about another image',
      { scan: { subject: digestOf('other'), reports: [report()], findings: [] } },
      'subject-mismatch',
    ],
    [
      'a scanner covered nothing',
      { scan: { subject, reports: [report({ status: 'unsupported' })], findings: [] } },
      'coverage-gap',
    ],
    [
      'a scanner failed, though another covered everything',
      {
        scan: {
          subject,
          reports: [
            report({
              status: 'failed',
              failure: { code: 'SCANNER_TIMEOUT', message: 'late', retryable: true },
            }),
            report(),
          ],
          findings: [],
        },
      },
      'step-failed',
    ],
    [
      'a scanner names a gap',
      {
        scan: {
          subject,
          reports: [report({ status: 'partial', gaps: [{ code: 'NO_ADVISORIES', message: 'npm' }] })],
          findings: [],
        },
      },
      'coverage-gap',
    ],
    ['a finding vanished while its package stayed', { vanished: [finding] }, 'finding-vanished'],
  ] satisfies [string, Partial<PolicyFacts>, string][])('gives error when %s', (_title, changes, code) => {
    const decision = decide(facts([], changes), policy(noCritical), { tier: 'prod', now })
    expect(decision.verdict).toBe('error')
    expect(decision.reasons).toContainEqual(expect.objectContaining({ effect: 'error', code }))
  })

  it.each([
    ['DISTRO_UNKNOWN'],
    ['DATABASE_MISSING'],
    ['DATABASE_EMPTY'],
    ['UNREADABLE'],
    ['UNSUPPORTED'],
  ] as const)('gives error for the gap %s unless the tier accepts it for this image', (code) => {
    const given = facts([])
    const withGap = { ...given, inventory: { ...given.inventory, gaps: [{ code, message: 'm' }] } }
    expect(decide(withGap, policy(noCritical), { tier: 'prod', now }).verdict).toBe('error')
    const accepting = (images: string) =>
      policy(noCritical, `    accept: [{ gap: ${code}, images: '${images}', reason: known }]`)
    expect(decide(withGap, accepting('prod.example/app:*'), { tier: 'prod', now }).verdict).toBe('pass')
    expect(decide(withGap, accepting('prod.example/other:*'), { tier: 'prod', now }).verdict).toBe('error')
  })

  const ended = { id: 'debian', versionId: '10', idLike: [] }
  const endOfLife = { code: 'DISTRO_END_OF_LIFE', message: 'm' } as const

  it.each([
    ['past its support and its extension', ended, [], 'error'],
    ['that a scanner says so of as well', ended, [endOfLife], 'error'],
    ['that only a scanner says so of', { ...ended, versionId: '12' }, [endOfLife], 'error'],
    ['with an extension that lasts', { ...ended, versionId: '12' }, [], 'pass'],
    ['that no table knows', { id: 'mystery', versionId: '1', idLike: [] }, [], 'pass'],
    ['without releases', { id: 'wolfi', versionId: '20230201', idLike: [] }, [], 'pass'],
  ] as const)('of a distribution %s', (_title, distro, gaps, verdict) => {
    const given = facts([])
    const old: PolicyFacts = {
      ...given,
      inventory: { ...given.inventory, distro },
      scan: {
        subject,
        reports: [report({ status: gaps.length > 0 ? 'partial' : 'complete', gaps })],
        findings: [],
      },
    }
    const decision = decide(old, policy(noCritical), { tier: 'prod', now })
    expect(decision.verdict).toBe(verdict)
    const told = decision.reasons.filter(({ message }) => message.includes('DISTRO_END_OF_LIFE'))
    expect(told.map(({ effect }) => effect)).toEqual(verdict === 'error' ? ['error'] : [])
    const accepting = policy(noCritical, `    accept: [{ gap: DISTRO_END_OF_LIFE, images: '*', reason: r }]`)
    expect(decide(old, accepting, { tier: 'prod', now }).verdict).toBe('pass')
  })

  it('gives error for an inventory without packages and without an explanation', () => {
    const given = facts([])
    const empty = { ...given, inventory: { ...given.inventory, packages: [] } }
    expect(decide(empty, policy(noCritical), { tier: 'prod', now }).verdict).toBe('error')
  })

  it.each([
    ['vex', 'pass'],
    ['waiver', 'pass'],
    ['scanner', 'fail'],
  ] as const)('with a finding that a %s set aside is %s', (kind, verdict) => {
    const suppressed = { kind, status: 'ignored', source: 'a file' } as const
    const decision = decide(facts([{ ...finding, suppressed }]), policy(noCritical), { tier: 'prod', now })
    expect(decision.verdict).toBe(verdict)
    expect(decision.findings[0]?.suppressed).toEqual(suppressed)
    expect(explain(decision)).toContain('a file')
  })

  it.each([
    ['all', 'severity: [critical, unknown], max: 0', 'critical', 'fail'],
    ['all but those', 'severity: critical, except: kernel-not-shipped, max: 0', 'critical', 'pass'],
    ['all but those', 'except: [kernel-not-shipped], max: 0', 'unknown', 'pass'],
    ['others', 'severity: low, except: kernel-not-shipped, max: 0', 'unknown', 'fail'],
  ] as const)(
    'of a kernel that is not there, under a rule for %s {%s}, %s: %s',
    (_, fields, severity, verdict) => {
      const kernel: Finding = { ...finding, severity, note: 'kernel-not-shipped' }
      const written = policy(`      - { name: r, ${fields} }`)
      expect(decide(facts([kernel]), written, { tier: 'prod', now }).verdict).toBe(verdict)
      expect(
        decide(facts([kernel, { ...finding, severity: 'low' }]), written, { tier: 'prod', now }).findings,
      ).toHaveLength(2)
    },
  )

  it('repeats what else there is to know as notes', () => {
    const notes = [{ code: 'vex-rejected', message: 'vex.json: it names no product' }]
    const decision = decide(facts([], { notes }), policy(noCritical), { tier: 'prod', now })
    expect(decision).toMatchObject({ verdict: 'pass', reasons: [{ effect: 'note', ...notes[0] }] })
  })

  it('does not hold one scanner’s gap against another that covered everything', () => {
    const reports = [
      report({ status: 'partial', gaps: [{ code: 'NO_ADVISORIES', message: 'npm' }] }),
      report(),
    ]
    const given = facts([], { scan: { subject, reports, findings: [] } })
    expect(decide(given, policy(noCritical), { tier: 'prod', now }).verdict).toBe('pass')
  })

  it.each([
    ['2026-11-24T12:00:00Z', 'pass'],
    ['2026-11-22T12:00:00Z', 'error'],
    [undefined, 'error'],
    ['not a date', 'error'],
    ['2026-11-25T12:30:00Z', 'pass'],
    ['2027-11-25T12:00:00Z', 'error'],
  ])('data of %s under a limit of 48 h: %s', (updatedAt, verdict) => {
    const given = facts([], {
      scan: { subject, reports: [report({ data: [{ name: 'db', updatedAt }] })], findings: [] },
    })
    expect(decide(given, policy(noCritical, '    maxDataAge: 48h'), { tier: 'prod', now }).verdict).toBe(
      verdict,
    )
  })

  it.each([
    ['applies', 'expires: 2027-01-01', 'pass', 'applied', undefined],
    ['has expired', 'expires: 2026-11-01', 'fail', 'expired', /expired on 2026-11-01/],
    ['expires at this moment', "expires: '2026-11-25T12:00:00Z'", 'fail', 'expired', /expired/],
  ])('a waiver that %s', (_title, fields, verdict, state, why) => {
    const decision = decide(facts([finding]), policy(noCritical, waive(fields)), { tier: 'prod', now })
    expect(decision.verdict).toBe(verdict)
    expect(decision.waivers).toMatchObject([{ id: 'W-1', state }])
    if (why) expect(decision.findings[0]?.nearMiss?.why).toMatch(why)
    else expect(decision.findings[0]?.waivedBy).toBe('W-1')
  })

  it.each([
    [
      'another package',
      { package: { ...finding.package, purl: 'pkg:deb/debian/zlib1g-dev@1', name: 'zlib1g-dev' } },
    ],
    ['the same name of another ecosystem', { package: { ...finding.package, purl: 'pkg:npm/zlib1g@1' } }],
    ['another vulnerability', { id: 'CVE-2022-37434', aliases: [] }],
  ])('a waiver does not cover %s', (_title, changes) => {
    const written = policy(noCritical, waive('expires: 2027-01-01'))
    expect(decide(facts([{ ...finding, ...changes }]), written, { tier: 'prod', now }).verdict).toBe('fail')
  })

  it('applies a waiver through an alias of the finding', () => {
    const other: Finding = { ...finding, id: 'GHSA-aaaa-bbbb-cccc', aliases: ['CVE-2023-45853'] }
    expect(
      decide(facts([other]), policy(noCritical, waive('expires: 2027-01-01')), { tier: 'prod', now }).verdict,
    ).toBe('pass')
  })

  it.each([
    ['severity: unknown, usage: executed, max: 5', 'present', 'fail'],
    ['fix: fixed, max: 5', 'linked', 'fail'],
    ['severity: unknown, max: 1', 'linked', 'pass'],
    ['max: 1', 'linked', 'pass'],
  ] as const)('under {%s} alone, a finding of unknown severity that is %s: %s', (fields, usage, verdict) => {
    const given = facts([{ ...finding, severity: 'unknown' }], { usage: [{ ...used, usage }] })
    const written = policy(`      - { name: r, ${fields} }`)
    expect(decide(given, written, { tier: 'prod', now }).verdict).toBe(verdict)
  })

  it.each([
    ['present', 'linked'],
    ['linked', 'present'],
  ] as const)('counts a package that is %s in one place and %s in another as used', (...usages) => {
    const given = facts([finding], { usage: usages.map((usage) => ({ ...used, usage })) })
    const written = policy('      - { name: r, severity: critical, usage: linked, max: 0 }')
    const decision = decide(given, written, { tier: 'prod', now })
    expect(decision).toMatchObject({ verdict: 'fail', findings: [{ usage: 'linked' }] })
  })

  it('does not take a gap of an inventory that has none for an explanation', () => {
    const reports = [report({ status: 'partial', gaps: [{ code: 'INVENTORY_GAP', message: 'm' }] })]
    const given = facts([], { scan: { subject, reports, findings: [] } })
    expect(decide(given, policy(noCritical), { tier: 'prod', now }).verdict).toBe('error')
  })

  it('refuses a tier that the policy does not have', () => {
    expect(() => decide(facts([]), policy(noCritical), { tier: 'staging', now })).toThrowError(
      expect.objectContaining({ code: 'TIER_UNKNOWN' }),
    )
  })

  it('writes the same decision twice for the same input', () => {
    const written = policy(noCritical)
    const first = decide(facts([finding]), written, { tier: 'prod', now })
    expect(JSON.stringify(decide(facts([finding]), written, { tier: 'prod', now }))).toBe(
      JSON.stringify(first),
    )
  })
})
