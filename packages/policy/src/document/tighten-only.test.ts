import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PolicyError } from '../errors.ts'
import { definePolicy } from './parse-policy.ts'
import type { TierDocument } from './policy-document.ts'
import { smallContext, type SmallFacts, testKinds } from './test-kinds.fixture.ts'
import type { EffectiveTier } from './tier.ts'

const severity = fc.constantFrom('low', 'high', 'critical')
const facts: fc.Arbitrary<SmallFacts> = fc.record({
  findings: fc.array(fc.record({ severity, fixed: fc.boolean() }), { maxLength: 6 }) as fc.Arbitrary<
    SmallFacts['findings']
  >,
  labels: fc.subarray(['a', 'b', 'c']),
  signed: fc.boolean(),
  ageMs: fc.integer({ min: 0, max: 10 }).map((days) => days * 86_400_000),
})
const days = fc.integer({ min: 0, max: 8 })
const date = days.map((day) => `2027-01-0${day + 1}`)
const duration = days.map((day) => `${day}d`)

const mode = fc.constantFrom('off', 'audit', 'warn', 'enforce')
const settings = {
  mode,
  enforceFrom: date,
  appliesTo: fc.subarray(['image', 'chart', '*'], { minLength: 1 }),
  loosen: fc.constant('because'),
}
const some = <T extends Record<string, fc.Arbitrary<unknown>>>(
  fields: T,
  requiredKeys: readonly string[] = [],
) => fc.record(fields, { requiredKeys: requiredKeys as never }) as fc.Arbitrary<Record<string, unknown>>
/** A rule whose settings do not contradict each other. */
const rule = (fields: Record<string, fc.Arbitrary<unknown>>, required: readonly string[] = []) =>
  some({ ...fields, ...settings }, required).map(({ enforceFrom, ...rest }) =>
    enforceFrom === undefined || (rest.mode ?? 'enforce') !== 'enforce' ? rest : { ...rest, enforceFrom },
  )
const threshold = (name: string, required: string[]) =>
  rule(
    {
      name: fc.constant(name),
      severity: fc.uniqueArray(severity, { minLength: 1 }),
      fixed: fc.boolean(),
      max: fc.integer({ min: 0, max: 4 }),
    },
    ['name', ...required],
  )
const labels = (required: string[]) =>
  rule({ names: fc.subarray(['a', 'b', 'c'], { minLength: 1 }) }, required)

const tier = (isChild: boolean) => {
  const needs = (...fields: string[]) => (isChild ? [] : fields)
  const section = { loosen: settings.loosen }
  return some(
    {
      mode,
      loosen: settings.loosen,
      preconditions: some({ freshness: rule({ atMost: duration }) }),
      thresholds: fc
        .tuple(threshold('a', needs('max')), threshold('b', needs('max')), fc.constantFrom(0, 1, 2))
        .map(([a, b, count]) => [a, b].slice(0, isChild ? count : 2)),
      requirements: some({ labels: labels(needs('names')), signed: rule({}) }, needs('labels')),
      rules: some({ expression: fc.constantFrom('signed', 'true'), mode, loosen: settings.loosen }, [
        'expression',
      ]).map((one) => [{ name: 'r', ...one }]),
      accept: fc
        .subarray(isChild ? ['x/y', 'x/y*'] : ['x/*', '*'])
        .map((globs) => globs.map((images) => ({ gap: 'NO_PACKAGES', images, reason: 'r' }))),
      waivers: some({
        allowed: fc.boolean(),
        maxLifetime: duration,
        approverRequired: fc.boolean(),
        ...section,
      }),
      breakGlass: some({
        allowed: fc.boolean(),
        maxLifetime: duration,
        actors: fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
        ...section,
      }),
      freeze: some({ until: date, except: fc.subarray(['x', 'y']), ...section }, needs('until')).map(
        (window) => [{ name: 'f', ...(isChild ? {} : { from: '2026-12-01', reason: 'r' }), ...window }],
      ),
      trace: some({ coverage: fc.constantFrom('complete', 'partial'), ...section }),
    },
    isChild ? [] : ['thresholds', 'requirements', 'freeze'],
  )
}

/** What stops an image at a time: rules that it breaks and that are enforced. */
function stoppers(tier: EffectiveTier, image: SmallFacts, artifactType: string, now: Date): string[] {
  return tier.rules
    .filter(({ mode: weight, enforceFrom = '', appliesTo = ['image'] }) => {
      const isDue = weight === 'enforce' && enforceFrom <= now.toISOString()
      return isDue && (appliesTo.includes(artifactType) || appliesTo.includes('*'))
    })
    .filter(({ evaluate }) => evaluate(smallContext(image, now)).outcome !== 'holds')
    .map(({ name }) => name)
}

function read(parent: object, child: object): ReadonlyMap<string, EffectiveTier> {
  const document = { version: 1, tiers: { parent, child: { extends: 'parent', ...child } } }
  return definePolicy(document as never, { source: 'x', kinds: testKinds }).tiers
}

/** Tiers of a document of which `repair` changed what was refused, until nothing was. */
function readRepaired(
  parent: object,
  child: object,
  repair: (part: Record<string, unknown>, field: string, whole: Record<string, unknown>) => void,
): { readonly tiers: ReadonlyMap<string, EffectiveTier>; readonly repairs: number } {
  const repaired = structuredClone(child) as Record<string, unknown>
  for (let repairs = 0; ; repairs++) {
    try {
      return { tiers: read(parent, repaired), repairs }
    } catch (error) {
      if (!(error instanceof PolicyError) || error.code !== 'POLICY_INVALID' || repairs > 20) throw error
      for (const { path } of error.issues) {
        const steps = path
          .replace(/^tiers\.child\.?/, '')
          .split(/[.[\]]+/)
          .filter((step) => step !== '')
        // a later issue may be in a part that an earlier one took away
        const part = steps.slice(0, -1).reduce<unknown>((whole, step) => (whole as never)?.[step], repaired)
        if (part !== undefined) repair(part as Record<string, unknown>, steps.at(-1)!, repaired)
      }
    }
  }
}

const withoutReasons = (part: unknown): unknown => {
  if (Array.isArray(part)) return part.map(withoutReasons)
  if (part === null || typeof part !== 'object') return part
  return Object.fromEntries(
    Object.entries(part)
      .filter(([key]) => key !== 'loosen')
      .map(([key, value]) => [key, withoutReasons(value)]),
  )
}

/** A parent without preconditions and traces that would need a reason of their own. */
const parents = tier(false).map((document) => {
  const { preconditions: _, trace: __, ...rest } = withoutReasons(document) as TierDocument
  return rest as object
})
const children = tier(true).map((document) => withoutReasons(document) as object)

describe('a child that loads without a reason', () => {
  it('stops whatever its parent stops, whenever, and allows nothing that its parent does not', () => {
    fc.assert(
      fc.property(
        parents,
        children,
        facts,
        fc.constantFrom('image', 'chart'),
        days,
        (parent, child, image, type, day) => {
          const { tiers } = readRepaired(parent, child, (part, field, whole) => {
            // a gap is looser as a whole
            if (field === 'gap') delete whole.accept
            else delete part[field]
          })
          const [before, after] = [tiers.get('parent')!, tiers.get('child')!]
          const now = new Date(`2027-01-0${day + 1}T12:00:00Z`)
          if (stoppers(before, image, type, now).length > 0) {
            expect(stoppers(after, image, type, now)).not.toEqual([])
          }
          expect(after.rules.length).toBeGreaterThanOrEqual(before.rules.length)
          expect(after.loosenings).toEqual([])
          expect(Number(after.waivers.allowed)).toBeLessThanOrEqual(Number(before.waivers.allowed))
          expect(after.waivers.maxLifetimeMs ?? Infinity).toBeLessThanOrEqual(
            before.waivers.maxLifetimeMs ?? Infinity,
          )
          if (after.breakGlass.allowed) {
            expect(before.breakGlass.allowed).toBe(true)
            expect(after.breakGlass.maxLifetimeMs).toBeLessThanOrEqual(before.breakGlass.maxLifetimeMs)
          }
          if (before.traceCoverage === 'complete') expect(after.traceCoverage).toBe('complete')
          for (const window of before.freeze) {
            expect(after.freeze.some(({ from, until }) => from <= window.from && until >= window.until)).toBe(
              true,
            )
          }
          for (const { images } of after.acceptedGaps) {
            expect(before.acceptedGaps.some((gap) => gap.images === '*' || images.startsWith('x/'))).toBe(
              true,
            )
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it('is not what most children are', () => {
    const made = fc.sample(fc.tuple(parents, children), { numRuns: 100, seed: 8 })
    const refused = made.filter(([parent, child]) => {
      try {
        return read(parent, child) === undefined
      } catch {
        return true
      }
    })
    expect(refused.length).toBeGreaterThan(50)
  })
})

describe('a child with a reason for each thing that is looser', () => {
  it('loads, and each is recorded', () => {
    fc.assert(
      fc.property(parents, children, (parent, child) => {
        const { tiers, repairs } = readRepaired(parent, child, (part) => (part.loosen = 'because'))
        expect(tiers.get('child')!.loosenings!.length > 0).toBe(repairs > 0)
      }),
      { numRuns: 60 },
    )
  })
})
