import { describe, expect, it } from 'vitest'
import { decisionOf, findingOf, hostileDecision, manyFindings, reasonOf } from './decision.fixture.ts'
import { explain } from './explain-decision.ts'

describe('explain', () => {
  it('tells a developer what stops the image, why it is there and what lifts it', () => {
    const finding = findingOf({
      kev: { dateAdded: '2026-01-02', dueDate: '2026-01-23' },
      epss: { probability: 0.942, percentile: 0.99 },
      since: { disclosure: '2023-10-14T00:00:00Z', fix: '2023-11-01T00:00:00Z' },
      nearMiss: { waiver: 'W-1', why: 'it expired on 2026-11-24' },
    })
    expect(explain(decisionOf({ findings: [finding] }))).toMatchInlineSnapshot(`
      "FAIL  prod.example/team/app:1.4
      tier prod, sha256:6105d6cc76af400325e94d588ce511be5bfdbb73b437dc51eca43917d7a43e3d, 2026-11-25T12:00:00.000Z
      1 reason to stop it. 2 rules, 1 not held; 1 finding, 1 counted.

      FAIL  no critical (threshold-exceeded): 1, limit 0
        no critical: 1 findings, at most 0 allowed
        zlib1g 1:1.2.13.dfsg-1  [linked]  upgrade to 1:1.2.13.dfsg-1+deb12u1
          CVE-2023-45853  critical  fixed in 1:1.2.13.dfsg-1+deb12u1  exploited (KEV of 2026-01-02, due 2026-01-23)  EPSS 94.2 %  disclosed 2023-10-14  fix since 2023-11-01
            waiver W-1 does not apply: it expired on 2026-11-24
          needed: nginx -g daemon off; [entry] → /usr/sbin/nginx [needed libz.so.1] → /usr/lib/x86_64-linux-gnu/libz.so.1.2.13
        What lifts it: upgrade zlib1g to 1:1.2.13.dfsg-1+deb12u1

      Rules
        BROKEN    no critical: 1, limit 0  [enforce]
        holds     scan-complete  [enforce]

      Rests on
        policy: gate.yaml, sha256:823412d1eacb67956220e532959f0104603057c88704863ca38e7cd188fda812
        waivers: waivers.yaml, sha256:8dbb8603e79d2dd3f6c376a08c26e13cf9a3059600faaa8f7d76112398a6f41e
        packages: 92
        scanner: sallyport 1.0.0, complete; debian of 2026-11-25T00:00:00Z
        evidence: sha256:98f3ae1ef67113d8140d4f6cb8d2830070e21ea48f091be519659846c771a374"
    `)
  })

  it.each([
    ['pass', { verdict: 'pass', reasons: [] }, 'Every enforced rule holds.'],
    [
      'error',
      {
        verdict: 'error',
        reasons: [reasonOf([], { effect: 'error', code: 'step-failed', message: 'scan: exit 2' })],
      },
      'It could not be judged: 1 thing gave no answer',
    ],
    ['fail', {}, '1 reason to stop it.'],
  ] as const)('sums up %s', (_, changes, summary) => {
    expect(explain(decisionOf(changes))).toContain(summary)
  })

  it('puts what could not be judged before what fails', () => {
    const reasons = [
      reasonOf([findingOf()]),
      reasonOf([], { effect: 'error', code: 'step-failed', rule: undefined }),
    ]
    const text = explain(decisionOf({ verdict: 'error', reasons }))
    expect(text.indexOf('COULD NOT BE JUDGED  step-failed')).toBeGreaterThan(0)
    expect(text.indexOf('COULD NOT BE JUDGED  step-failed')).toBeLessThan(text.indexOf('FAIL  no critical'))
  })

  it('tells rules that only warn or audit apart from those that stop', () => {
    const text = explain(
      decisionOf({
        verdict: 'pass',
        reasons: [
          reasonOf([findingOf()], { effect: 'warn' }),
          reasonOf([findingOf()], { effect: 'audit', rule: 'few high' }),
        ],
        rules: [
          {
            rule: 'no critical',
            kind: 'threshold',
            mode: 'warn',
            enforceFrom: '2027-01-01T00:00:00Z',
            holds: false,
          },
          { rule: 'few high', kind: 'threshold', mode: 'audit', holds: false },
        ],
      }),
    )
    const heading = text.indexOf('Without weight in this verdict')
    expect(heading).toBeGreaterThan(0)
    expect(
      text.indexOf('WARNING  no critical (threshold-exceeded): 1, limit 0, warn, enforced from 2027-01-01'),
    ).toBeGreaterThan(heading)
    expect(text.indexOf('AUDIT  few high')).toBeGreaterThan(heading)
    expect(text).not.toContain('\nFAIL')
    expect(text).toContain('2 rules, 2 not held (2 of no weight yet)')
  })

  it('shows who let it through, and that it was needed', () => {
    const breakGlass = {
      actor: 'anna',
      justification: 'payments are down',
      expires: '2026-11-25T18:00:00Z',
      ticket: 'OPS-7',
      needed: true,
    }
    const text = explain(decisionOf({ verdict: 'pass', breakGlass }))
    expect(text).toContain(
      'BREAK-GLASS: anna let it through until 2026-11-25T18:00:00Z: payments are down (OPS-7). Without it the image would have been stopped.',
    )
    expect(text).toContain('The policy stops it for 1 reason, and somebody let it through.')
    expect(
      explain(decisionOf({ verdict: 'pass', reasons: [], breakGlass: { ...breakGlass, needed: false } })),
    ).toContain('It was not needed.')
  })

  it('says of each waiver what became of it', () => {
    const waiver = { expires: '2026-12-01T00:00:00Z', owner: 'platform team', findings: 0 }
    const text = explain(
      decisionOf({
        waivers: [
          { ...waiver, id: 'W-1', state: 'applied', nearExpiry: true, findings: 2 },
          { ...waiver, id: 'W-2', state: 'expired', expires: '2026-11-25T11:59:59Z' },
          { ...waiver, id: 'W-3', state: 'void', why: 'the finding entered KEV' },
          { ...waiver, id: 'W-4', state: 'unused' },
        ],
      }),
    )
    expect(text).toContain(
      'W-1: applied, covers 2 findings, ends soon, until 2026-12-01T00:00:00Z, owner platform team',
    )
    expect(text).toContain('W-2: expired 2026-11-25T11:59:59Z, owner platform team')
    expect(text).toContain('W-3: void, until 2026-12-01T00:00:00Z, the finding entered KEV')
    expect(text).toContain('W-4: unused')
  })

  it('says who took a finding out of the count, and that a scanner alone can not', () => {
    const by = (kind: 'vex' | 'scanner') =>
      findingOf({
        id: `CVE-${kind}`,
        suppressed: { kind, status: 'not_affected', author: 'maker', source: 'a.json' },
      })
    const text = explain(
      decisionOf({ findings: [findingOf({ waivedBy: 'W-1' }), by('vex'), by('scanner')], reasons: [] }),
    )
    expect(text).toContain('CVE-2023-45853 in zlib1g 1:1.2.13.dfsg-1: waived by W-1')
    expect(text).toContain('set aside by VEX: not_affected (maker in a.json)')
    expect(text).toContain('set aside by a scanner, but counted: not_affected (maker in a.json)')
    expect(text).toContain('3 findings, 1 counted')
  })

  it('stays readable with hundreds of findings of one package, and counts what it leaves out', () => {
    const findings = manyFindings(200, 200)
    const text = explain(decisionOf({ findings, reasons: [reasonOf(findings)] }))
    expect(text.match(/CVE-2026-/g)).toHaveLength(10)
    expect(text).toContain('    … and 190 more')
    expect(text.match(/needed: /g)).toHaveLength(1)
    const many = manyFindings(500, 5)
    expect(explain(decisionOf({ findings: many, reasons: [reasonOf(many)] }))).toContain(
      '… and 400 findings in 80 more packages',
    )
  })

  it('writes the worst of a package first', () => {
    const findings = [
      findingOf({ id: 'CVE-1', severity: 'low' }),
      findingOf({ id: 'CVE-2', severity: 'critical' }),
    ]
    const text = explain(decisionOf({ reasons: [reasonOf(findings)] }))
    expect(text.indexOf('CVE-2')).toBeLessThan(text.indexOf('CVE-1'))
  })

  it('explains a package once, however many rules it breaks', () => {
    const text = explain(
      decisionOf({ reasons: [reasonOf([findingOf()]), reasonOf([findingOf()], { rule: 'other' })] }),
    )
    expect(text.match(/needed: nginx/g)).toHaveLength(1)
  })

  it.each([
    [['2.0', '2.0'], 'upgrade to 2.0'],
    [['2.0', '3.0'], 'upgrade to the highest of 2.0, 3.0'],
    [['2.0', undefined], 'upgrade to 2.0 (lifts 1 of 2)'],
    [[undefined, undefined], undefined],
  ])('names the nearest fix of %j', (fixes, upgrade) => {
    const findings = fixes.map((fix, index) =>
      findingOf({
        id: `CVE-${index}`,
        fix:
          fix === undefined
            ? { state: 'not-fixed', versions: [] }
            : { state: 'fixed', versions: ['1.9', fix], suggested: fix },
      }),
    )
    const text = explain(decisionOf({ reasons: [reasonOf(findings, { remedy: undefined })] }))
    if (upgrade === undefined) expect(text).not.toContain('upgrade')
    else expect(text).toContain(`[linked]  ${upgrade}\n`)
  })

  it('lets no name of an image move the cursor, hide or forge a line', () => {
    const text = explain(hostileDecision())
    expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Cf}|\p{Cs}/u)
    expect(text).toContain(String.raw`\u{1b}[2J`)
    expect(text).toContain(String.raw`\u{202e}`)
  })

  it('colours only when asked', () => {
    expect(explain(decisionOf())).not.toContain('\u001b')
    expect(explain(decisionOf(), { color: true })).toContain('\u001b[1;31mFAIL\u001b[0m')
  })
})
