import { decide, parsePolicy } from '@sallyport/policy'
import { diffPolicies, parseFacts, serializeFacts, type StoredFacts } from '@sallyport/policy/cases'
import { expect, it } from 'vitest'
import { openGateTest, passed } from './gate-test.fixture.ts'
import { noCritical, startTime } from './test-gate.fixture.ts'

it('hands out what was judged, which is enough to judge it again by another policy', async () => {
  await using test = await openGateTest()
  const kept: string[] = []
  const keepFacts = (facts: StoredFacts) => void kept.push(serializeFacts(facts))
  const gate = test.gate.open({ keepFacts })
  await gate.plan(test.request)
  expect(kept).toEqual([])
  const { decision } = passed(await gate.promote(test.request))

  const stored = kept.map((text) => parseFacts(text, { source: 'kept' }))
  expect(stored).toHaveLength(1)
  const { tier, evaluatedAt, facts, waivers } = stored[0]!
  expect(evaluatedAt).toBe(startTime)
  const again = decide(facts, noCritical(), { tier, now: new Date(evaluatedAt), waivers })
  expect(again).toEqual(decision)

  const strict = parsePolicy(
    'version: 1\ntiers: { prod: { requirements: { config: { healthCheck: required } } } }',
    {
      source: 'strict',
    },
  )
  const { changes } = diffPolicies(noCritical(), strict, stored)
  expect(changes).toMatchObject([{ kind: 'tighter', after: { verdict: 'fail' } }])
})

it('ends in an error when they can not be kept', async () => {
  await using test = await openGateTest()
  const gate = test.gate.open({ keepFacts: () => Promise.reject(new Error('no space left')) })
  expect(await gate.promote(test.request)).toMatchObject({
    verdict: 'error',
    error: { code: 'STEP_FAILED', message: expect.stringContaining('no space left') },
  })
  expect(test.tag()).toBeUndefined()
})
