import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { PolicyFacts } from '../facts.ts'
import {
  createFacts,
  createFinding,
  createInventory,
  createReport,
  createUsage,
  decideCase,
  type FindingDelta,
  limit,
  now,
  type PolicyCase,
  subject,
} from './cases/policy-case.fixture.ts'
import type { WrittenRule } from './create-tier.fixture.ts'

const purls = ['a', 'b', 'c'].map((name) => `pkg:deb/debian/${name}@1?arch=amd64`)
const severity = fc.constantFrom('unknown', 'low', 'medium', 'high', 'critical')
const usage = fc.constantFrom('executed', 'loaded', 'linked', 'possible', 'present')
const date = fc.constantFrom(undefined, '2026-11-24T00:00:00Z', '2026-10-01', '2027-01-01T00:00:00Z', 'bad')

const finding = fc.record({
  id: fc.integer({ min: 1, max: 6 }).map((number) => `CVE-2026-100${number}`),
  purl: fc.constantFrom(...purls),
  severity,
  fix: fc.record({
    state: fc.constantFrom('fixed', 'not-fixed', 'wont-fix'),
    versions: fc.constantFrom([], ['2'], ['2', '3']),
    availableAt: date,
  }),
  published: date,
  kev: fc.constantFrom(
    undefined,
    { dateAdded: '2026-11-01' },
    { dateAdded: '2026-11-01', dueDate: '2026-12-01' },
  ),
  epss: fc.constantFrom(
    undefined,
    { probability: 0.1, percentile: 0.5 },
    { probability: 0.9, percentile: 0.99 },
  ),
}) as fc.Arbitrary<FindingDelta>

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 })
const threshold = fc
  .record({
    severity: optional(fc.uniqueArray(severity, { minLength: 1 })),
    usage: optional(usage),
    fix: optional(fc.constant('fixed')),
    kev: optional(fc.constantFrom('listed', 'overdue', 'not-listed')),
    epss: optional(fc.constantFrom({ atLeast: 0.5 }, { atLeast: 0.5, missing: 'skip' })),
    age: optional(
      fc.record({ since: fc.constantFrom('disclosure', 'fix', 'first-seen'), atLeast: fc.constant('7d') }),
    ),
    package: optional(fc.constantFrom('a', 'pkg:deb/debian/b', '*')),
    max: fc.integer({ min: 0, max: 3 }),
    mode: fc.constantFrom('enforce', 'enforce', 'warn', 'audit'),
  })
  // fields that are not there are not written
  .map((written): WrittenRule => JSON.parse(JSON.stringify(written)) as WrittenRule)

const waiver = fc.record({
  vulnerability: fc.integer({ min: 1, max: 6 }).map((number) => `CVE-2026-100${number}`),
  scope: fc.constantFrom(...purls).map((purl) => ({ package: purl.split('@')[0] })),
  expires: fc.constantFrom(
    '2026-11-25T11:59:59.000Z',
    '2026-11-25T12:00:00.000Z',
    '2027-01-01T00:00:00.000Z',
  ),
})

const world = fc
  .record({
    findings: fc.array(finding, { maxLength: 12 }),
    thresholds: fc.array(threshold, { minLength: 1, maxLength: 4 }),
    waivers: fc.array(waiver, { maxLength: 4 }),
    uses: fc.tuple(usage, usage, usage),
    traceCoverage: fc.constantFrom('none', 'partial', 'complete'),
  })
  .map(({ findings, thresholds, waivers, uses, traceCoverage }) => ({
    findings,
    thresholds: thresholds.map((rule, at): WrittenRule => ({ ...rule, name: `r${at}` })),
    waivers: waivers.map((one, at) => ({ ...one, id: `W-${at}` })),
    facts: {
      inventory: createInventory(purls),
      // each package is installed twice, and used for another file
      usage: ['/one', '/other'].flatMap((file) =>
        purls.map((purl, at) => ({ ...createUsage(uses[at] ?? 'possible', purl), file })),
      ),
      traceCoverage,
      scan: {
        subject,
        reports: [createReport(), createReport({ scanner: { name: 'other', version: '2' } })],
        findings: findings.map(createFinding),
      },
    } as Partial<PolicyFacts>,
  }))

type World = Omit<PolicyCase, 'name' | 'gives'>
const verdictOf = (given: World) => decideCase(given).verdict
const withFindings = (given: World, findings: readonly FindingDelta[]): World => ({
  ...given,
  findings,
  facts: {
    ...given.facts,
    scan: { ...createFacts(given).scan, findings: findings.map(createFinding) },
  },
})

describe('decide, whatever the facts', () => {
  it('never turns fail into pass when a finding is added', () => {
    fc.assert(
      fc.property(world, finding, (given, added) => {
        fc.pre(verdictOf(given) === 'fail')
        expect(verdictOf(withFindings(given, [...given.findings, added]))).toBe('fail')
      }),
    )
  })

  it('gives the same bytes for any order of findings, packages, usage, reports and waivers', () => {
    fc.assert(
      fc.property(world, fc.infiniteStream(fc.nat()), (given, chance) => {
        const shuffle = <T>(list: readonly T[]): readonly T[] =>
          list
            .map((one) => ({ one, key: chance.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ one }) => one)
        const { scan, inventory, usage: uses = [] } = given.facts as PolicyFacts
        const shuffled: World = {
          ...given,
          waivers: shuffle(given.waivers),
          facts: {
            ...given.facts,
            scan: { ...scan, findings: shuffle(scan.findings), reports: shuffle(scan.reports) },
            inventory: { ...inventory, packages: shuffle(inventory.packages) },
            usage: shuffle(uses),
          },
        }
        expect(JSON.stringify(decideCase(shuffled))).toBe(JSON.stringify(decideCase(given)))
      }),
    )
  })

  it('judges as without them when waivers have expired', () => {
    fc.assert(
      fc.property(world, (given) => {
        const inForce = given.waivers.filter(({ expires }) => Date.parse(expires) > Date.parse(now))
        expect(verdictOf({ ...given, waivers: inForce })).toBe(verdictOf(given))
      }),
    )
  })

  it('never passes with a lower limit what a higher one fails', () => {
    fc.assert(
      fc.property(world, fc.nat({ max: 3 }), (given, less) => {
        const lower = given.thresholds.map((rule) => ({ ...rule, max: Math.max(0, Number(rule.max) - less) }))
        fc.pre(verdictOf(given) !== 'pass')
        expect(verdictOf({ ...given, thresholds: lower })).not.toBe('pass')
      }),
    )
  })

  it('never passes without a recording what it fails with one', () => {
    fc.assert(
      fc.property(world, (given) => {
        const traced: World = { ...given, facts: { ...given.facts, traceCoverage: 'complete' } }
        fc.pre(verdictOf(traced) !== 'pass')
        expect(verdictOf({ ...given, facts: { ...given.facts, traceCoverage: 'none' } })).not.toBe('pass')
      }),
    )
  })

  it('finds the same in every mode', () => {
    fc.assert(
      fc.property(world, (given) => {
        const told = (mode: string) =>
          decideCase({ ...given, thresholds: given.thresholds.map((rule) => ({ ...rule, mode })) })
            .reasons.filter(({ code }) => code === 'threshold-exceeded')
            .map(({ effect, ...reason }) => ({
              ...reason,
              isMode: effect === (mode === 'enforce' ? 'fail' : mode),
            }))
        // unknown severity that no rule names is limited with the mode of the tier, which stays
        const named = [...given.thresholds, ...limit(1_000, { name: 'u', severity: 'unknown' })]
        given = { ...given, thresholds: named as typeof given.thresholds }
        expect(told('audit')).toEqual(told('enforce'))
        expect(told('warn')).toEqual(told('enforce'))
      }),
    )
  })
})
