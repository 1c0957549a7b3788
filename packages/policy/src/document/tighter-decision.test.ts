import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PolicyError } from '../errors.ts'
import { createFacts } from '../evaluate/cases/policy-case.fixture.ts'
import { decide } from '../evaluate/decide.ts'
import { definePolicy } from './parse-policy.ts'
import type { Policy } from './policy.ts'

const severities = ['unknown', 'low', 'high', 'critical'] as const
const fixes = ['fixed', 'not-fixed', 'wont-fix'] as const
const usages = ['executed', 'linked', 'present'] as const
const mode = fc.constantFrom('off', 'audit', 'warn', 'enforce')

const threshold = (name: string, needsMax: boolean) =>
  fc
    .record(
      {
        severity: fc.subarray([...severities], { minLength: 1 }),
        fix: fc.subarray([...fixes], { minLength: 1 }),
        usage: fc.subarray([...usages], { minLength: 1 }),
        age: fc.record({
          since: fc.constantFrom('disclosure', 'fix'),
          atLeast: fc.constantFrom('0m', '7d', '400d'),
        }),
        max: fc.integer({ min: 0, max: 3 }),
        mode,
      },
      { requiredKeys: needsMax ? ['max'] : [] },
    )
    .map((fields) => ({ name, ...fields }))

const parents = fc.tuple(threshold('a', true), threshold('b', true)).map(([a, b]) => ({ thresholds: [a, b] }))
const children = fc
  .tuple(threshold('a', false), threshold('b', false), threshold('c', true), fc.subarray([0, 1, 2]))
  .map(([a, b, c, chosen]) => ({
    extends: 'parent',
    thresholds: [a, b, c].filter((_, index) => chosen.includes(index)),
  }))

const images = fc
  .record({
    findings: fc.array(
      fc.record({
        severity: fc.constantFrom(...severities),
        fix: fc.constantFrom(...fixes).map((state) => ({ state, versions: [] })),
      }),
      { maxLength: 4 },
    ),
    usage: fc.constantFrom(...usages),
    traced: fc.boolean(),
  })
  .map(({ findings, usage, traced }) =>
    createFacts({
      findings: findings.map((finding, index) => ({ ...finding, id: `CVE-2026-${1_000 + index}` })),
      usage,
      facts: { traced },
    }),
  )

/** The policy without the fields that its child may not have. */
function readTightened(parent: object, child: { readonly thresholds: readonly object[] }): Policy {
  const thresholds = structuredClone(child.thresholds) as Record<string, unknown>[]
  for (;;) {
    try {
      return definePolicy({ version: 1, tiers: { parent, child: { ...child, thresholds } } } as never, {
        source: 'gate.yaml',
      })
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error
      const [, index, field] =
        /^tiers\.child\.thresholds\[(\d)\](?:\.(\w+))?/.exec(error.issues[0]!.path) ?? []
      const rule = thresholds[Number(index)]
      if (rule === undefined) throw error
      // what is looser as a whole goes as a whole
      if (field === undefined || field === 'max' || rule[field] === undefined)
        thresholds.splice(Number(index), 1)
      else delete rule[field]
    }
  }
}

describe('a child of real rules that loads without a reason', () => {
  it('never passes what its parent fails', () => {
    let failed = 0
    fc.assert(
      fc.property(parents, children, images, (parent, child, facts) => {
        const policy = readTightened(parent, child)
        const now = new Date('2026-11-25T12:00:00Z')
        const before = decide(facts, policy, { tier: 'parent', now }).verdict
        const after = decide(facts, policy, { tier: 'child', now }).verdict
        if (before === 'fail') failed++
        if (before === 'fail') expect(after).not.toBe('pass')
      }),
      { numRuns: 200 },
    )
    expect(failed).toBeGreaterThan(20)
  })
})
