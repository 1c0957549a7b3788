import schema from '@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json' with { type: 'json' }
import { Ajv2020 } from 'ajv/dist/2020.js'
import Ajv4 from 'ajv-draft-04'
import addFormats from 'ajv-formats'
import { describe, expect, it } from 'vitest'
import type { Decision } from '../decision.ts'
import {
  decisionOf,
  findingOf,
  hostileDecision,
  manyFindings,
  reasonOf,
} from '../explain/decision.fixture.ts'
import { decisionJsonSchema, renderJson } from './render-json.ts'
import { renderSarif } from './render-sarif.ts'

interface Run {
  readonly results: readonly {
    readonly ruleId: string
    readonly ruleIndex: number
    readonly level: string
    readonly kind: string
    readonly message: { readonly text: string }
    readonly partialFingerprints: Readonly<Record<string, string>>
    readonly suppressions?: readonly { readonly status: string; readonly justification: string }[]
    readonly locations: readonly {
      readonly physicalLocation: { readonly artifactLocation: { readonly uri: string } }
    }[]
  }[]
  readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } }
  readonly invocations: readonly { readonly executionSuccessful: boolean }[]
  readonly properties: Readonly<Record<string, unknown>>
}

const runOf = (decision: Decision, options?: Parameters<typeof renderSarif>[1]): Run =>
  (JSON.parse(renderSarif(decision, options)) as { runs: [Run] }).runs[0]
const validate = addFormats.default(new Ajv4.default({ strict: false, unicodeRegExp: false })).compile(schema)

describe('renderSarif', () => {
  it.each([
    ['a refusal', decisionOf()],
    ['a pass', decisionOf({ verdict: 'pass', reasons: [], findings: [] })],
    ['hostile names', hostileDecision()],
    [
      'thousands of findings',
      decisionOf({ findings: manyFindings(2_000), reasons: [reasonOf(manyFindings(2_000))] }),
    ],
    [
      'what could not be judged',
      decisionOf({ verdict: 'error', reasons: [reasonOf([], { effect: 'error' })] }),
    ],
  ])('fits the schema of SARIF 2.1.0: %s', (_, decision) => {
    validate(JSON.parse(renderSarif(decision)))
    expect(validate.errors).toBeNull()
  })

  it('names the rule of each result by its place', () => {
    const { results, tool } = runOf(decisionOf())
    for (const { ruleId, ruleIndex } of results) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId)
  })

  it.each([
    ['fail', 'error', 'fail'],
    ['error', 'error', 'fail'],
    ['warn', 'warning', 'fail'],
    ['audit', 'note', 'fail'],
    ['note', 'none', 'informational'],
  ] as const)('writes %s as %s', (effect, level, kind) => {
    expect(runOf(decisionOf({ reasons: [reasonOf([findingOf()], { effect })] })).results[0]).toMatchObject({
      level,
      kind,
    })
  })

  it('keeps fingerprints over rebuilds, new versions and tags, and tells rules, packages and repositories apart', () => {
    const print = (changes: Partial<Decision> = {}, finding = findingOf(), rule = 'no critical') =>
      runOf(decisionOf({ ...changes, reasons: [reasonOf([finding], { rule })] })).results[0]!
        .partialFingerprints['sallyport/v1']
    const newer = findingOf({ purl: 'pkg:deb/debian/zlib1g@2.0', version: '2.0' })
    expect(print({ destination: 'prod.example/team/app:1.5', evaluatedAt: 'later' }, newer)).toBe(print())
    const others = [
      print({ destination: 'prod.example/team/other:1.4' }),
      print({}, findingOf({ purl: 'pkg:deb/debian/zlib2g@1' })),
      print({}, findingOf({ id: 'CVE-2024-1' })),
      print({}, findingOf(), 'other'),
    ]
    expect(new Set([print(), ...others]).size).toBe(5)
  })

  it('writes what is waived as suppressed', () => {
    const { results } = runOf(decisionOf({ reasons: [], findings: [findingOf({ waivedBy: 'W-1' })] }))
    expect(results).toMatchObject([
      { ruleId: 'sallyport/waived', suppressions: [{ status: 'accepted', justification: 'waived by W-1' }] },
    ])
  })

  it('does not suppress what only a scanner set aside', () => {
    const finding = findingOf({ suppressed: { kind: 'scanner', status: 'ignored', source: 'x' } })
    expect(runOf(decisionOf({ findings: [finding] })).results).toHaveLength(1)
    expect(runOf(decisionOf({ findings: [finding] })).results[0]).not.toHaveProperty('suppressions')
  })

  it('says when nothing was judged', () => {
    const reasons = [reasonOf([], { effect: 'error' })]
    expect(runOf(decisionOf({ verdict: 'error', reasons })).invocations[0]?.executionSuccessful).toBe(false)
    expect(runOf(decisionOf()).invocations[0]?.executionSuccessful).toBe(true)
  })

  it('counts what is left out', () => {
    const findings = manyFindings(30)
    const { results, properties } = runOf(decisionOf({ findings, reasons: [reasonOf(findings)] }), {
      maxResults: 10,
    })
    expect(results).toHaveLength(10)
    expect(properties['resultsLeftOut']).toBe(20)
  })

  it('never leads a path out of the image', () => {
    const { results } = runOf(decisionOf({ reasons: [reasonOf([findingOf({ file: '/../../etc/x?y#z' })])] }))
    expect(results[0]?.locations[0]?.physicalLocation.artifactLocation.uri).toBe(
      'prod.example/team/app%3A1.4/%252E%252E/%252E%252E/etc/x%3Fy%23z',
    )
  })
})

describe('decisionJsonSchema', () => {
  const check = new Ajv2020({ strict: false }).compile(decisionJsonSchema())

  it('takes what renderJson writes', () => {
    for (const decision of [decisionOf(), hostileDecision()]) {
      check(JSON.parse(renderJson(decision)))
      expect(check.errors).toBeNull()
    }
  })

  it.each([
    ['a verdict that is none', { verdict: 'maybe' }],
    ['a digest that is none', { subject: 'sha256:1' }],
  ])('refuses %s', (_, changes) => {
    expect(check({ ...JSON.parse(renderJson(decisionOf())), ...changes })).toBe(false)
  })
})
