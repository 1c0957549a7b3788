import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { openGateTest, passed } from '../promote/gate-test.fixture.ts'
import { scannerFor, startTime } from '../promote/test-gate.fixture.ts'
import { createPushTrigger, type PushTriggerOptions } from './create-push-trigger.ts'
import type { PushEvent } from './push-event.ts'

async function openTriggerTest(options: Partial<PushTriggerOptions> = {}) {
  const test = await openGateTest()
  const real = scannerFor('leftover')
  let scans = 0
  const gate = test.gate.open({
    scanners: [{ ...real, scan: (...given) => (scans++, real.scan(...given)) }],
  })
  const { host } = test.registry
  const trigger = createPushTrigger({
    gate,
    route: ({ repository, tag }) =>
      tag !== undefined && repository.startsWith('build/')
        ? { to: `${host}/${repository.replace('build', 'prod')}:${tag}`, tier: 'prod' }
        : undefined,
    ...options,
  })
  const event: PushEvent = {
    registry: host,
    repository: 'build/app',
    tag: '1',
    digest: test.sourceDigest,
    time: startTime,
    source: 'test',
  }
  return { ...test, trigger, event, scans: () => scans }
}

describe('createPushTrigger', () => {
  it('promotes what was pushed', async () => {
    await using test = await openTriggerTest()
    const reaction = await test.trigger.onPush(test.event)
    if (reaction.type !== 'promoted') throw new Error(reaction.type)
    expect(passed(reaction.outcome)).toMatchObject({ sourceDigest: test.sourceDigest, digest: test.tag() })
    expect(reaction.request.from).toBe(`${test.request.from}@${test.sourceDigest}`)
  })

  it('joins events about what is running already, and finds nothing to do for later ones', async () => {
    await using test = await openTriggerTest()
    const all = await Promise.all(
      [test.event, test.event, test.event].map((event) => test.trigger.onPush(event)),
    )
    expect(all.map((each) => each.type === 'promoted' && each.joined).sort()).toEqual([false, true, true])
    const scans = test.scans()
    const later = await test.trigger.onPush(test.event)
    expect(later).toMatchObject({
      type: 'promoted',
      joined: false,
      outcome: { verdict: 'pass', changed: false },
    })
    expect(test.scans()).toBe(scans)
  })

  it('takes an event for a hint: what the tag is at now is promoted', async () => {
    await using test = await openTriggerTest()
    const reaction = await test.trigger.onPush({ ...test.event, digest: digestOf('what somebody claims') })
    expect(reaction).toMatchObject({ outcome: { sourceDigest: test.sourceDigest } })
  })

  it.each<[string, string, Partial<PushEvent>]>([
    ['another repository', 'not-routed', { repository: 'prod/app' }],
    ['no tag', 'not-routed', { tag: undefined }],
    ['a tag of evidence', 'evidence', { tag: `sha256-${'0'.repeat(64)}.sig` }],
    ['a tag of evidence of another algorithm', 'evidence', { tag: `sha512-${'0'.repeat(64)}` }],
    ['a tag that is none', 'evidence', { tag: '../1' }],
    ['a tag that is gone', 'gone', { tag: '2' }],
  ])('ignores %s', async (_title, reason, change) => {
    await using test = await openTriggerTest()
    expect(await test.trigger.onPush({ ...test.event, ...change })).toEqual({ type: 'ignored', reason })
  })

  it('pitfall 24: ignores what is no image', async () => {
    await using test = await openTriggerTest({ route: () => ({ to: 'prod.example/app:1', tier: 'prod' }) })
    const gate = test.gate.open()
    passed(await gate.promote(test.request))
    const { manifests } = test.registry.snapshot()['prod/app']!
    const reactions = await Promise.all(
      manifests
        .filter((digest) => digest !== test.tag())
        .map((digest) =>
          test.trigger.onPush({
            ...test.event,
            repository: 'prod/app',
            tag: undefined,
            digest: digest as PushEvent['digest'],
          }),
        ),
    )
    expect(reactions.length).toBeGreaterThan(0)
    for (const reaction of reactions) expect(reaction).toEqual({ type: 'ignored', reason: 'evidence' })
  })

  it('refuses what is too much, and what can not be looked at, and never rejects', async () => {
    await using test = await openTriggerTest({ maxWaiting: 0, concurrency: 1 })
    const { push, registry, trigger, event } = test
    registry.setRequestHook(() => ({ type: 'respond', status: 500, body: '{}' }))
    expect(await trigger.onPush(event)).toMatchObject({ type: 'refused', error: { code: 'STEP_FAILED' } })
    registry.setRequestHook(undefined)
    await push('two', test.request.from, '2')
    const [one, two] = [trigger.onPush(event), trigger.onPush({ ...event, tag: '2' })]
    const reactions = [await one, await two]
    await trigger.drain()
    expect(reactions.map(({ type }) => type).sort()).toContain('refused')
    for (const each of reactions)
      if (each.type === 'refused') expect(each.error).toMatchObject({ code: 'QUEUE_FULL', retryable: true })
  })

  it('drains: everything that was handed in has ended then', async () => {
    await using test = await openTriggerTest()
    let ended = false
    void test.trigger.onPush(test.event).then(() => (ended = true))
    await test.trigger.drain()
    expect(ended).toBe(true)
    expect(test.tag()).toBeDefined()
  })
})
