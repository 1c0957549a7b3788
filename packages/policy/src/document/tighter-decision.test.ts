import { digestOf } from '@sallyport/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PolicyError } from '../errors.ts'
import {
  createFacts,
  createInventory,
  createReport,
  createWaiver,
  subject,
  zlib,
} from '../evaluate/cases/policy-case.fixture.ts'
import { decide } from '../evaluate/decide.ts'
import type { PolicyFacts, VerifiedEvidence } from '../facts.ts'
import { definePolicy } from './parse-policy.ts'
import type { Policy } from './policy.ts'
import { fixes, gaps, severities, tier, usages } from './tier-documents.fixture.ts'

type Fields = Record<string, unknown>

const now = new Date('2026-11-25T12:00:00Z')
const evidence = fc.record({
  kind: fc.constantFrom('signature', 'provenance'),
  keyId: fc.constantFrom('a', 'b', 'ab'),
  level: fc.option(fc.integer({ min: 0, max: 3 }), { nil: undefined }),
  signedAt: fc.constantFrom(undefined, '2026-11-25T11:30:00Z', '2025-11-25T00:00:00Z'),
})

const images = fc
  .record({
    findings: fc.array(
      fc.record({
        severity: fc.constantFrom(...severities),
        fix: fc.constantFrom(...fixes).map((state) => ({ state, versions: [] })),
        published: fc.constantFrom(undefined, '2026-11-20', '2027-11-20'),
      }),
      { maxLength: 4 },
    ),
    usage: fc.constantFrom(...usages),
    traceCoverage: fc.constantFrom('none', 'partial', 'complete'),
    isKnown: fc.integer({ min: 0, max: 3 }).map((chance) => chance === 0),
    isEmpty: fc.integer({ min: 0, max: 9 }).map((chance) => chance === 0),
    gaps: fc.constantFrom([], [], [], ...gaps.filter((code) => code !== 'NO_PACKAGES').map((code) => [code])),
    verified: fc.array(evidence, { maxLength: 3 }),
    weakness: fc.constantFrom(undefined, 'secret' as const, 'misconfiguration' as const),
    updatedAt: fc.constantFrom('2026-11-25T00:00:00Z', '2026-11-25T11:30:00Z', '2026-11-01T00:00:00Z'),
    user: fc.constantFrom(undefined, 'app', '1000'),
    waivers: fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 3 }),
        expires: fc.constantFrom('2026-11-26T00:00:00.000Z', '2026-12-30T00:00:00.000Z'),
        approver: fc.constantFrom(undefined, 'ada'),
      }),
      { maxLength: 3 },
    ),
    wish: fc.option(
      fc.record({
        actor: fc.constantFrom('ada', 'bob', 'eve'),
        expires: fc.constantFrom('2026-11-25T12:30:00Z', '2026-11-26T06:00:00Z'),
      }),
      { nil: undefined, freq: 3 },
    ),
  })
  .map(({ findings, usage, waivers, wish, ...given }) => ({
    facts: createFacts({
      findings: findings.map((finding, index) => ({ ...finding, id: idOf(index) })),
      usage,
      facts: factsOf(findings.length, given),
    }),
    waivers: waivers.map(({ at, ...waiver }, index) =>
      createWaiver({ ...waiver, id: `W-${index}`, vulnerability: idOf(at) }),
    ),
    breakGlass: wish && { ...wish, justification: 'production is down' },
  }))

const idOf = (index: number) => `CVE-2026-${1_000 + index}`

interface Given {
  readonly traceCoverage: 'none' | 'partial' | 'complete'
  readonly isKnown: boolean
  readonly isEmpty: boolean
  readonly gaps: readonly Exclude<(typeof gaps)[number], 'NO_PACKAGES'>[]
  readonly verified: readonly {
    readonly kind: 'signature' | 'provenance'
    readonly keyId: string
    readonly level: number | undefined
    readonly signedAt: string | undefined
  }[]
  readonly weakness: 'secret' | 'misconfiguration' | undefined
  readonly updatedAt: string
  readonly user: string | undefined
}

function factsOf(findings: number, given: Given): Partial<PolicyFacts> {
  const { traceCoverage, isKnown, isEmpty, weakness, updatedAt, user } = given
  const found = { severity: 'high', title: 't', scanner: 'sallyport', id: 'x', path: '/a' } as const
  const weaknesses = weakness ? [{ ...found, kind: weakness }] : []
  const report = createReport({
    data: [{ name: 'advisories', updatedAt }],
    weaknesses,
    weaknessKinds: ['secret', 'misconfiguration'],
  })
  return {
    traceCoverage,
    inventory: createInventory(isEmpty ? [] : [zlib], {
      gaps: given.gaps.map((code) => ({ code, message: 'x' })),
    }),
    ...(findings === 0 && { scan: { subject, reports: [report], findings: [], weaknesses } }),
    evidence: {
      verified: given.verified.map(({ kind, keyId, level, signedAt }): VerifiedEvidence => ({
        kind,
        predicateType: 'https://example.test',
        subject,
        digest: digestOf(keyId),
        signer: { kind: 'key', keyId },
        signedAt,
        ...(kind === 'provenance' && { builder: { id: 'ci', level: level as 0 | undefined } }),
      })),
      rejected: [],
    },
    configuration: {
      user,
      entrypoint: [],
      command: [],
      environment: [],
      exposedPorts: [],
      volumes: [],
      labels: { owner: 'team a' },
      healthCheck: false,
    },
    base: { name: 'debian', created: '2026-11-01T00:00:00Z', knownBy: 'layers' },
    ...(isKnown && {
      previous: { evaluatedAt: '2026-11-24T00:00:00Z', packages: 1, findings: [{ id: 'CVE-1', purl: zlib }] },
    }),
  }
}

/** The policy, with a reason for what is looser than what is built in, and without what its child may not have. */
function readTightened(written: object, child: object): Policy {
  const tiers: Record<string, Fields> = structuredClone({
    parent: written as Fields,
    child: { ...child, extends: 'parent' } as Fields,
  })
  for (;;) {
    try {
      return definePolicy({ version: 1, tiers } as never, { source: 'gate.yaml' })
    } catch (error) {
      if (!(error instanceof PolicyError)) throw error
      // the last first: what is taken out of a list moves what comes after it
      for (const [index, { path, message }] of error.issues.toReversed().entries()) {
        const [, name = '', ...rest] = path.split(/[.[\]]+/).filter((part) => part !== '')
        const isLooser = name === 'parent' && message.includes('looser than')
        repair(tiers[name]!, rest, { isLooser, isLast: index === error.issues.length - 1 })
      }
    }
  }
}

/** Gives a reason where one is asked for; else takes out the field and, for the last one, the rule or section if need be. */
function repair(
  tier: Fields,
  [section = '', entry = '', field = '']: readonly string[],
  { isLooser, isLast }: { readonly isLooser: boolean; readonly isLast: boolean },
): void {
  const isList = Array.isArray(tier[section])
  const hasEntries = isList || section === 'preconditions' || section === 'requirements'
  const part = (hasEntries ? (tier[section] as Fields)[entry] : tier[section]) as Fields | undefined
  const name = hasEntries ? field : entry
  if (part && isLooser) part['loosen'] = 'a pilot'
  else if (part && name !== 'max' && part[name] !== undefined) delete part[name]
  else if (!isLast) return
  else if (isList && part) (tier[section] as unknown[]).splice(Number(entry), 1)
  else if (hasEntries && part) delete (tier[section] as Fields)[entry]
  else if (tier[section] !== undefined) delete tier[section]
  // a tier that judges nothing is refused as a whole
  else tier['thresholds'] = [{ name: 'z', max: 0 }]
}

describe('a child of real rules that loads without a reason', () => {
  it('never passes what its parent does not', () => {
    const stopped = { fail: 0, error: 0, pass: 0 }
    let tightened = 0
    fc.assert(
      fc.property(tier, tier, images, (parent, child, { facts, waivers, breakGlass }) => {
        const policy = readTightened(parent, child)
        const terms = {
          now,
          breakGlass,
          waivers: [{ source: 'waivers.yaml', digest: digestOf('waivers'), waivers }],
        }
        const before = decide(facts, policy, { ...terms, tier: 'parent' })
        const after = decide(facts, policy, { ...terms, tier: 'child' })
        stopped[before.verdict]++
        if (before.verdict === 'pass' && after.verdict !== 'pass') tightened++
        // a parent without a rule for such an image may have a child with one
        fc.pre(before.reasons.every(({ code }) => code !== 'no-rule-evaluated'))
        if (before.verdict !== 'pass') expect(after.verdict).not.toBe('pass')
      }),
      { numRuns: 300 },
    )
    for (const [verdict, count] of Object.entries({ ...stopped, tightened })) {
      expect(count, verdict).toBeGreaterThan(0)
    }
  })
})
