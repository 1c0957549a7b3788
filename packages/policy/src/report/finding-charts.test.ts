import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decisionOf,
  findingOf,
  hostileDecision,
  manyFindings,
  reasonOf,
} from '../explain/decision.fixture.ts'
import type { JudgedFinding } from '../judged-finding.ts'
import { severities } from '../explain/group-findings.ts'
import { findingCharts } from './finding-charts.ts'
import { countFates, type FindingsOrigin } from './finding-fates.ts'

const vex = { kind: 'vex', status: 'not_affected', source: 'vendor.json' } as const
const ignored = { kind: 'waiver', status: 'ignored', source: '.trivyignore' } as const
const scanner = { kind: 'scanner', status: 'ignored', source: 'scanner' } as const

/** Text of the charts in one line. */
const textOf = (...parameters: Parameters<typeof findingCharts>) =>
  findingCharts(...parameters)
    .toString()
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')

const origin = (changes: Partial<FindingsOrigin> = {}): FindingsOrigin => ({
  before: {},
  removed: 0,
  patched: 0,
  vanished: 0,
  ...changes,
})

describe('countFates', () => {
  it.each<[string, Partial<JudgedFinding>, string]>([
    ['stops the image', {}, 'breaks a rule'],
    ['is waived', { waivedBy: 'W-1' }, 'waived'],
    ['is set aside by VEX', { suppressed: vex }, 'set aside by VEX'],
    ['is ignored by an imported rule', { suppressed: ignored }, 'ignored by an imported rule'],
    ['only a scanner set aside', { suppressed: scanner }, 'breaks a rule'],
  ])('knows a finding that %s', (_, changes, fate) => {
    const finding = findingOf(changes)
    expect([
      ...countFates(decisionOf({ findings: [finding], reasons: [reasonOf([finding])] })).fates,
    ]).toEqual([[fate, 1]])
  })

  it.each(['warn', 'audit', 'note'] as const)('takes no %s for a rule that stops', (effect) => {
    const findings = [findingOf()]
    const reasons = [reasonOf(findings, { effect })]
    expect([...countFates(decisionOf({ findings, reasons })).fates]).toEqual([['counted', 1]])
  })

  it('says what is not accounted for, and what came with the change', () => {
    const decision = decisionOf({ findings: manyFindings(2), reasons: [] })
    const lost = countFates(decision, origin({ before: { high: 9 }, removed: 3, patched: 1 }))
    expect([lost.added, lost.fates.get('not accounted for')]).toEqual([0, 3])
    const more = countFates(decision, origin({ before: { high: 1 }, removed: 1 }))
    expect([more.added, more.fates.has('not accounted for')]).toEqual([2, false])
  })

  it('loses no finding', () => {
    const finding = fc.record({
      severity: fc.constantFrom(...severities),
      waivedBy: fc.option(fc.constant('W-1'), { nil: undefined }),
      suppressed: fc.option(fc.constantFrom(vex, ignored, scanner), { nil: undefined }),
    })
    const counts = fc.dictionary(fc.constantFrom(...severities), fc.nat(1000))
    const before = fc.record({
      before: counts,
      removed: fc.nat(500),
      patched: fc.nat(500),
      vanished: fc.nat(5),
    })
    fc.assert(
      fc.property(
        fc.array(finding),
        fc.nat(20),
        fc.option(before, { nil: undefined }),
        (changes, breaking, known) => {
          const findings = changes.map((change, index) => findingOf({ ...change, id: `CVE-2026-${index}` }))
          const decision = decisionOf({ findings, reasons: [reasonOf(findings.slice(0, breaking))] })
          const { first, added, fates, judged } = countFates(decision, known)
          const sum = (values: Iterable<number>) => [...values].reduce((total, each) => total + each, 0)
          expect(sum(fates.values())).toBe(first + added)
          expect(sum([...judged.values()].flatMap((each) => [...each.values()]))).toBe(findings.length)
          expect(first).toBe(known ? sum(Object.values(known.before)) : findings.length)
        },
      ),
    )
  })
})

describe('findingCharts', () => {
  it('shows severities before and after, and where findings went', () => {
    const findings = [findingOf(), findingOf({ id: 'CVE-2026-2', severity: 'low', waivedBy: 'W-1' })]
    const decision = decisionOf({ findings, reasons: [reasonOf(findings.slice(0, 1))] })
    const text = textOf(decision, origin({ before: { critical: 3, low: 5 }, removed: 5, patched: 1 }))
    for (const part of [
      'Findings by severity, before and after',
      'critical 3 → 1 before: 3 found after: 1 breaks a rule',
      'low 5 → 1 before: 5 found after: 1 set aside',
      'The first scan found 8.',
      'removed by hardening, with their packages 5 (63 %)',
      'patched 1 (13 %)',
      'waived 1 (13 %)',
      'left, and against an enforced rule 1 (13 %)',
      'no critical 1 finding',
    ])
      expect(text).toContain(part)
  })

  it('says so where nothing was found, and where a decision does not tell what was before', () => {
    expect(textOf(decisionOf({ findings: [], reasons: [], verdict: 'pass' }))).toBe(
      ' At a glance Findings by severity No finding. Where the findings went No finding. What stops it Nothing stops this image. ',
    )
    expect(textOf(decisionOf())).toContain('1 finding in the judged image; a decision does not tell')
  })

  it('calls nothing allowed that was not judged to the end', () => {
    const findings = manyFindings(1)
    const reasons = [
      reasonOf([], { effect: 'error', code: 'step-failed', rule: undefined, findings: undefined }),
    ]
    const text = textOf(decisionOf({ verdict: 'error', findings, reasons }))
    expect(text).toContain('left, and not judged to the end 1 (100 %)')
    expect(text).toContain('step-failed no finding')
    expect(text).not.toContain('allowed')
    expect(textOf(decisionOf({ verdict: 'pass', findings, reasons: [] }))).toContain(
      'left, and allowed 1 (100 %)',
    )
  })

  it('never rounds something to nothing, nor nearly all to all', () => {
    const findings = [findingOf({ waivedBy: 'W-1' })]
    const decision = decisionOf({ findings, reasons: [], verdict: 'pass' })
    const text = textOf(decision, origin({ before: { critical: 10_000 }, removed: 9_999 }))
    expect(text).toContain('9999 (99 %)')
    expect(text).toContain('waived 1 (under 1 %)')
  })

  it('counts a finding of a rule once, whatever number of platforms tell of it, and other offenders as such', () => {
    const reasons = [
      reasonOf([findingOf()]),
      reasonOf([findingOf()]),
      reasonOf([], { rule: 'no setuid', offenders: ['/bin/su', '/bin/su'] }),
    ]
    const text = textOf(decisionOf({ reasons }))
    expect(text).toContain('no critical 1 finding 1 critical no setuid 1 other offender 1 other')
  })

  it('names the first rules, and how many more there are', () => {
    const reasons = Array.from({ length: 25 }, (_, index) =>
      reasonOf([findingOf()], { rule: `rule ${index}` }),
    )
    expect(textOf(decisionOf({ reasons }))).toContain('… and 5 more rules: see reasons')
  })

  it('makes nothing of hostile names', () => {
    const page = findingCharts(
      hostileDecision(),
      origin({ before: { critical: 1e308, high: Number.NaN } }),
    ).toString()
    expect(page).not.toMatch(
      /<(?:script|img|iframe)|<svg(?! class="chart" role="img" | class="chart" aria-hidden)/,
    )
    expect(page).not.toMatch(/\p{Cf}/u)
  })
})
