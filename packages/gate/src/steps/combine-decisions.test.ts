import { digestOf, parsePlatform, type Verdict } from '@sallyport/core'
import type { Decision, WaiverState } from '@sallyport/policy'
import { describe, expect, it } from 'vitest'
import { combineDecisions } from './combine-decisions.ts'

const index = digestOf('index')

function decided(verdict: Verdict, waivers: readonly WaiverState[] = []): Decision {
  return {
    schema: 'https://sallyport.dev/schemas/decision/v1',
    verdict,
    subject: digestOf(verdict),
    destination: 'prod.example/app:1',
    tier: 'prod',
    policy: { source: 'gate.yaml', digest: digestOf('policy') },
    evaluatedAt: '2026-11-25T12:00:00.000Z',
    reasons: verdict === 'pass' ? [] : [{ effect: verdict, code: 'threshold-exceeded', message: 'too many' }],
    rules: [{ rule: 'critical', limit: 0, actual: verdict === 'pass' ? 0 : 1, holds: verdict === 'pass' }],
    findings: [],
    waivers,
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

  it('counts a waiver as applied when it was on any platform', () => {
    const waiver = (state: WaiverState['state']): WaiverState => ({ id: 'W-1', state, expires: '2027-01-01' })
    for (const states of [
      ['unused', 'applied'],
      ['applied', 'unused'],
    ] as const) {
      const [one, other] = states.map((state) => decided('pass', [waiver(state)]))
      expect(combine({ 'linux/amd64': one!, 'linux/arm64': other! }).waivers).toEqual([waiver('applied')])
    }
  })

  it('has no decision for no platform', () => {
    expect(() => combine({})).toThrowError(TypeError)
  })
})
