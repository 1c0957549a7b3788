import { digestOf, parsePlatform, type Verdict } from '@sallyport/core'
import type { Decision, WaiverState } from '@sallyport/policy'
import { describe, expect, it } from 'vitest'
import { combineDecisions } from './combine-decisions.ts'

const index = digestOf('index')

function decided(verdict: Verdict, { waivers = [], ...rest }: Partial<Decision> = {}): Decision {
  return {
    schema: 'https://sallyport.dev/schemas/decision/v1',
    verdict,
    subject: digestOf(verdict),
    destination: 'prod.example/app:1',
    tier: 'prod',
    policy: { source: 'gate.yaml', digest: digestOf('policy') },
    evaluatedAt: '2026-11-25T12:00:00.000Z',
    reasons: verdict === 'pass' ? [] : [{ effect: verdict, code: 'threshold-exceeded', message: 'too many' }],
    rules: [
      {
        rule: 'critical',
        kind: 'threshold',
        mode: 'enforce',
        limit: 0,
        actual: verdict === 'pass' ? 0 : 1,
        holds: verdict === 'pass',
      },
    ],
    findings: [],
    waivers,
    inputs: {
      policy: { source: 'gate.yaml', digest: digestOf('policy') },
      waivers: [{ source: 'waivers.yaml', digest: digestOf('waivers') }],
      scanners: [
        { name: 'trivy', version: '1', status: 'complete', data: [{ name: 'db', updatedAt: verdict }] },
      ],
      evidence: [digestOf('sbom'), digestOf(verdict)],
      packages: 3,
    },
    ...rest,
  }
}

const combine = (decisions: Readonly<Record<string, Decision>>) =>
  combineDecisions(
    index,
    Object.entries(decisions).map(([platform, decision]) => ({
      platform: parsePlatform(platform),
      decision,
    })),
  )

describe('combineDecisions', () => {
  it.each<[Verdict, Verdict, Verdict]>([
    ['pass', 'pass', 'pass'],
    ['pass', 'fail', 'fail'],
    ['fail', 'pass', 'fail'],
    ['pass', 'error', 'error'],
    ['error', 'fail', 'error'],
    ['fail', 'error', 'error'],
  ])('%s and %s give %s', (one, other, expected) => {
    const combined = combine({ 'linux/amd64': decided(one), 'linux/arm64/v8': decided(other) })
    expect(combined).toMatchObject({ verdict: expected, subject: index, tier: 'prod' })
  })

  it('names the platform of each reason and rule', () => {
    const combined = combine({ 'linux/amd64': decided('pass'), 'linux/arm64/v8': decided('fail') })
    expect(combined.reasons).toMatchObject([{ effect: 'fail', message: 'linux/arm64/v8: too many' }])
    expect(combined.rules.map(({ rule }) => rule)).toEqual([
      'linux/amd64: critical',
      'linux/arm64/v8: critical',
    ])
  })

  it('counts a waiver as applied when it was on any platform, with the findings of all', () => {
    const waiver = (state: WaiverState['state'], findings: number): WaiverState => ({
      id: 'W-1',
      state,
      expires: '2027-01-01T00:00:00.000Z',
      owner: 'security',
      findings,
    })
    for (const states of [
      [waiver('unused', 0), waiver('applied', 2)],
      [waiver('applied', 2), waiver('unused', 0)],
    ]) {
      const [one, other] = states.map((state) => decided('pass', { waivers: [state] }))
      const { waivers } = combine({ 'linux/amd64': one!, 'linux/arm64': other! })
      expect(waivers).toEqual([waiver('applied', 2)])
    }
    const both = decided('pass', { waivers: [waiver('applied', 2)] })
    expect(combine({ 'linux/amd64': both, 'linux/arm64': both }).waivers).toEqual([waiver('applied', 4)])
  })

  it('names everything that any of them rests on, once', () => {
    const { inputs } = combine({ 'linux/amd64': decided('pass'), 'linux/arm64': decided('fail') })
    expect(inputs).toEqual({
      policy: { source: 'gate.yaml', digest: digestOf('policy') },
      waivers: [{ source: 'waivers.yaml', digest: digestOf('waivers') }],
      scanners: [
        { name: 'trivy', version: '1', status: 'complete', data: [{ name: 'db', updatedAt: 'pass' }] },
        { name: 'trivy', version: '1', status: 'complete', data: [{ name: 'db', updatedAt: 'fail' }] },
      ],
      evidence: [digestOf('sbom'), digestOf('pass'), digestOf('fail')],
      packages: 6,
    })
  })

  it.each([
    [[true, false], true],
    [[false, true], true],
    [[false, false], false],
    [[undefined, false], false],
    [[undefined, undefined], undefined],
  ])('breaks the glass when any platform needs it: %j', (needs, expected) => {
    const given = { justification: 'it can not wait', actor: 'on call', expires: '2026-11-26T00:00:00.000Z' }
    const [one, other] = needs.map((needed) =>
      decided('pass', { breakGlass: needed === undefined ? undefined : { ...given, needed } }),
    )
    const { breakGlass } = combine({ 'linux/amd64': one!, 'linux/arm64': other! })
    expect(breakGlass?.needed).toBe(expected)
  })

  it('has no decision for no platform', () => {
    expect(() => combine({})).toThrowError(TypeError)
  })
})
