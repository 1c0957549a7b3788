import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { RevocationList } from '../revoke/revocation-list.ts'
import { digestAt, openAdmission, policyOf, prodRule, someDigest } from '../testing/known-images.fixture.ts'
import { podSpec, objectOf, reviewOf } from '../testing/review.fixture.ts'

const web = 'reg.example/shop/web:1'
const pinned = `reg.example/shop/web@${someDigest}`
const bad = `reg.example/shop/bad@${someDigest}`
const down = `reg.example/shop/down@${someDigest}`

/** Holds each answer of the registry until the test lets it go. */
function held() {
  const gates: PromiseWithResolvers<void>[] = []
  return {
    hold: () => {
      const gate = Promise.withResolvers<void>()
      gates.push(gate)
      return gate.promise
    },
    release: () => gates.splice(0).forEach((gate) => gate.resolve()),
  }
}
const settle = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn++) await Promise.resolve()
}

describe('what is remembered', () => {
  it.each([
    ['a pass', pinned, 300_000],
    ['a refusal', bad, 30_000],
    ['a failure', down, 5_000],
  ])('%s is used for its lifetime, and not longer', async (_title, reference, lifetime) => {
    const { admission, images, time } = openAdmission()
    const first = await admission.decideImage(reference)
    time.advance(lifetime - 1)
    const second = await admission.decideImage(reference)
    expect(images.verified).toHaveLength(1)
    expect([first.cached, second.cached]).toEqual([false, true])
    expect(second).toMatchObject({
      verdict: first.verdict,
      checkedAt: first.checkedAt,
      reasons: first.reasons,
    })
    time.advance(1)
    expect((await admission.decideImage(reference)).cached).toBe(false)
    expect(images.verified).toHaveLength(2)
  })

  it('a tag is resolved each time, and its old digest says nothing of the new one', async () => {
    const { admission, images } = openAdmission()
    expect(await admission.decideImage(web)).toMatchObject({ verdict: 'allow', digest: digestAt(web) })
    images.moved.set(web, someDigest)
    images.answer = (name) => (name.includes(':') ? 'pass' : 'fail')
    expect(await admission.decideImage(web)).toMatchObject({ verdict: 'deny', digest: someDigest })
    expect(await admission.decideImage(`${web}@${digestAt(web)}`)).toMatchObject({
      verdict: 'allow',
      cached: true,
    })
    expect(images.resolved).toHaveLength(2)
  })

  it('a tag is remembered only where that is asked for', async () => {
    const { admission, images, time } = openAdmission({ cache: { tagTtlMs: 1_000 } })
    for (const ms of [0, 999, 1]) {
      time.advance(ms)
      await admission.decideImage(web)
    }
    expect(images.resolved).toHaveLength(2)
  })

  it('is of one repository: the same digest elsewhere is verified there', async () => {
    const { admission } = openAdmission()
    await admission.decideImage(`reg.example/shop/web@${someDigest}`)
    expect(await admission.decideImage(bad)).toMatchObject({ verdict: 'deny', cached: false })
  })

  it('is of one set of terms', async () => {
    const staging = { ...prodRule, name: 'staging', match: { namespaces: ['staging'] } }
    const rules = [
      { ...prodRule, match: { namespaces: ['prod'] } },
      { ...staging, require: { decision: { ...prodRule.require!.decision!, tier: 'staging' } } },
    ]
    const { admission, images } = openAdmission({ policy: policyOf(rules) })
    await admission.decideImage(pinned, { namespace: 'prod' })
    await admission.decideImage(pinned, { namespace: 'staging' })
    expect(images.verified).toHaveLength(2)
  })

  it('is of one scope of credentials, unless it is a pass', async () => {
    const { admission, images } = openAdmission()
    const as = (scope: string) => ({ credentials: { scope, provider: { find: async () => undefined } } })
    for (const scope of ['a', 'b', 'a']) await admission.decideImage(down, as(scope))
    expect(images.verified).toHaveLength(2)
    for (const scope of ['a', 'b']) await admission.decideImage(pinned, as(scope))
    expect(images.verified).toHaveLength(3)
  })

  it('ends with the evidence', async () => {
    const { admission, images, time } = openAdmission()
    images.result = { freshUntil: new Date(time.clock.now().getTime() + 10_000) }
    await admission.decideImage(pinned)
    time.advance(9_999)
    expect((await admission.decideImage(pinned)).cached).toBe(true)
    time.advance(1)
    expect((await admission.decideImage(pinned)).cached).toBe(false)
  })

  it.each(['pass', 'fail'] as const)(
    'is a refusal when the evidence is too old by the time that it is verified as a %s, also where errors are let in',
    async (verdict) => {
      const { admission, images, time } = openAdmission({
        policy: policyOf([prodRule], { onError: 'allow' }),
      })
      images.result = { freshUntil: new Date(time.clock.now().getTime() + 1_000) }
      images.answer = () => verdict
      const { hold, release } = held()
      images.hold = hold
      const asked = admission.decideImage(pinned)
      await settle()
      time.advance(1_000)
      release()
      expect(await asked).toMatchObject({ verdict: 'deny', admitted: false })
    },
  )

  it.each([-3_600_000, 3_600_000])('is forgotten when somebody sets the clock by %i ms', async (ms) => {
    const { admission, images, time } = openAdmission()
    await admission.decideImage(pinned)
    time.setClock(ms)
    await admission.decideImage(pinned)
    expect(images.verified).toHaveLength(2)
  })

  it('answers while the registry is down, as far as it is valid', async () => {
    const { admission, images, time } = openAdmission()
    await admission.decideImage(pinned)
    images.answer = () => new Error('down')
    expect(await admission.decideImage(pinned)).toMatchObject({ verdict: 'allow', cached: true })
    expect(await admission.decideImage(web)).toMatchObject({ verdict: 'error', admitted: false })
    time.advance(300_000)
    expect(await admission.decideImage(pinned)).toMatchObject({ verdict: 'error', admitted: false })
  })

  it('stays within its bounds with 20,000 digests', async () => {
    const { admission } = openAdmission({ cache: { maxEntries: 1_000, maxBytes: 500_000 } })
    for (let at = 0; at < 20_000; at++) {
      await admission.decideImage(`reg.example/shop/web@sha256:${at.toString(16).padStart(64, '0')}`)
    }
    const { entries, bytes, evicted } = admission.stats().cache
    expect(entries).toBeLessThanOrEqual(1_000)
    expect(bytes).toBeLessThanOrEqual(500_000)
    expect(evicted).toBeGreaterThanOrEqual(19_000)
  }, 60_000)

  describe('and stale', () => {
    const policy = policyOf([{ ...prodRule, stale: '10m' }])

    it('is used while it is verified anew', async () => {
      const { admission, images, time } = openAdmission({ policy })
      await admission.decideImage(pinned)
      time.advance(300_000)
      expect(await admission.decideImage(pinned)).toMatchObject({ verdict: 'allow', cached: true })
      await settle()
      expect(images.verified).toHaveLength(2)
      time.advance(299_999)
      await admission.decideImage(pinned)
      expect(images.verified).toHaveLength(2)
    })

    it('is not used once it was refused', async () => {
      const { admission, images, time } = openAdmission({ policy })
      await admission.decideImage(pinned)
      time.advance(300_000)
      images.answer = () => 'fail'
      expect((await admission.decideImage(pinned)).verdict).toBe('allow')
      await settle()
      expect((await admission.decideImage(pinned)).verdict).toBe('deny')
    })

    it('is used as long as the registry is down, up to its time', async () => {
      const { admission, images, time } = openAdmission({ policy })
      await admission.decideImage(pinned)
      images.answer = () => new Error('down')
      for (let minute = 5; minute < 15; minute++) {
        time.advance(minute === 5 ? 300_000 : 60_000)
        expect((await admission.decideImage(pinned)).verdict).toBe('allow')
        await settle()
      }
      time.advance(60_000)
      expect((await admission.decideImage(pinned)).verdict).toBe('error')
    })
  })
})

describe('what is warmed', () => {
  it.each([
    ['a namespace', { namespaces: ['prod'] }],
    ['labels of the namespace', { namespaceLabels: { env: 'prod' } }],
    ['labels of the object', { objectLabels: { app: 'web' } }],
    ['images', { images: ['reg.example/shop/*'] }],
  ])('without a namespace is known to a rule about %s', async (_title, match) => {
    const { admission, images } = openAdmission({ policy: policyOf([{ ...prodRule, match }]) })
    expect(await admission.warm(web)).toMatchObject({ verdict: 'allow' })
    const context = { namespace: 'prod', namespaceLabels: { env: 'prod' }, objectLabels: { app: 'web' } }
    expect(await admission.decideImage(web, context)).toMatchObject({ verdict: 'allow', cached: true })
    expect(images.verified).toHaveLength(1)
  })

  it('is not verified by rules about other images', async () => {
    const rules = [{ ...prodRule, match: { images: ['reg.example/other/*'] } }]
    const { admission, images } = openAdmission({ policy: policyOf(rules) })
    expect(await admission.warm(web)).toMatchObject({ verdict: 'error', admitted: false })
    expect(images.verified).toEqual([])
  })

  it.each([
    ['refused', bad, 'deny'],
    ['not to be judged', down, 'error'],
    ['not there', 'reg.example/shop/gone:1', 'deny'],
  ])('is looked at anew when it was %s before the push', async (_title, reference, before) => {
    const { admission, images } = openAdmission()
    expect((await admission.decideImage(reference)).verdict).toBe(before)
    images.answer = () => 'pass'
    expect((await admission.decideImage(reference)).verdict).toBe(before)
    expect((await admission.warm(reference)).verdict).toBe('allow')
  })

  it('and passed is not verified again', async () => {
    const { admission, images } = openAdmission()
    for (let at = 0; at < 3; at++) await admission.warm(pinned)
    expect(images.verified).toHaveLength(1)
  })

  it('for a namespace is verified as there', async () => {
    const rules = [{ ...prodRule, match: { namespaces: ['prod'] } }]
    const { admission } = openAdmission({ policy: policyOf(rules) })
    expect((await admission.warm(web, { namespace: 'dev' })).reasons[0]?.code).toBe('no-rule')
    expect(await admission.warm(web, { namespace: 'prod' })).toMatchObject({ verdict: 'allow' })
  })
})

describe('one verification at a time', () => {
  it('serves 1,000 reviews of an unknown image at the same moment', async () => {
    const { admission, images } = openAdmission()
    const { hold, release } = held()
    images.hold = hold
    const review = reviewOf('Pod', objectOf('Pod', podSpec(web)))
    const asked = Array.from({ length: 1_000 }, () => admission.decideReview(review, { phase: 'mutate' }))
    await settle()
    release()
    await settle()
    release()
    const answers = await Promise.all(asked)
    expect(answers.every(({ response }) => response.allowed)).toBe(true)
    expect(images.resolved).toHaveLength(1)
    expect(images.verified).toHaveLength(1)
    expect(admission.stats().verifications).toMatchObject({ started: 1, joined: 999, inFlight: 0 })
  })

  it('goes on for the others when one leaves', async () => {
    const { admission, images } = openAdmission()
    const { hold, release } = held()
    images.hold = hold
    const leaving = new AbortController()
    const first = admission.decideImage(pinned, {}, { signal: leaving.signal })
    const second = admission.decideImage(pinned)
    await settle()
    const reason = new Error('left')
    leaving.abort(reason)
    await expect(first).rejects.toBe(reason)
    release()
    expect(await second).toMatchObject({ verdict: 'allow' })
  })

  it('refuses what is more than may wait', async () => {
    const { admission, images } = openAdmission({ maxConcurrent: 1, maxWaiting: 1 })
    const { hold, release } = held()
    images.hold = hold
    const asked = [1, 2, 3].map((at) => admission.decideImage(`reg.example/shop/web@${digestAt(String(at))}`))
    expect(await asked[2]).toMatchObject({ verdict: 'error', reasons: [{ code: 'overloaded' }] })
    for (let turn = 0; turn < 2; turn++) {
      await settle()
      release()
    }
    expect((await Promise.all(asked.slice(0, 2))).map(({ verdict }) => verdict)).toEqual(['allow', 'allow'])
  })
})

describe('the budget', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }))
  afterEach(() => void vi.useRealTimers())

  it.each([
    ['deny', false],
    ['allow', true],
  ] as const)(
    'answers by the error policy %s when it is over, and the verification goes on',
    async (onError, admitted) => {
      const { admission, images } = openAdmission({
        policy: policyOf([prodRule], { onError }),
        budgetMs: 2_000,
      })
      const { hold, release } = held()
      images.hold = hold
      const asked = admission.decideImage(pinned)
      await vi.advanceTimersByTimeAsync(2_000)
      expect(await asked).toMatchObject({
        verdict: 'error',
        admitted,
        reasons: [{ code: 'budget-exceeded' }],
      })
      release()
      await settle()
      expect(await admission.decideImage(pinned)).toMatchObject({ verdict: 'allow', cached: true })
      expect(vi.getTimerCount()).toBe(0)
    },
  )

  it.each([
    ['a moment before', 1_999, 'allow'],
    ['at the moment when', 2_000, 'error'],
    ['a moment after', 2_001, 'error'],
  ])('that is over %s a verification ends leaves one answer, and a verdict', async (_title, ms, verdict) => {
    const { admission, images } = openAdmission({ budgetMs: 2_000 })
    images.hold = () => new Promise((resolve) => setTimeout(resolve, ms))
    const asked = admission.decideImage(pinned)
    await vi.advanceTimersByTimeAsync(2_001)
    expect(await asked).toMatchObject({ verdict, admitted: verdict === 'allow' })
    expect(await admission.decideImage(pinned)).toMatchObject({ verdict: 'allow', cached: true })
    expect(images.verified).toHaveLength(1)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('gives a verification up that never ends', async () => {
    const { admission, images } = openAdmission({
      budgetMs: 1_000,
      verificationTimeoutMs: 5_000,
      maxConcurrent: 1,
    })
    images.hold = () => new Promise(() => undefined)
    const asked = admission.decideImage(pinned)
    await vi.advanceTimersByTimeAsync(5_000)
    expect((await asked).reasons[0]?.code).toBe('budget-exceeded')
    expect(admission.stats().verifications.inFlight).toBe(0)
    images.hold = undefined
    expect((await admission.decideImage(`${web}@${digestAt('other')}`)).verdict).toBe('allow')
  })

  it('is over for a list of what is revoked that never comes', async () => {
    const revocations = { read: () => new Promise<never>(() => undefined) }
    const { admission } = openAdmission({ budgetMs: 1_000, revocations })
    const asked = admission.decideImage(pinned)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(await asked).toMatchObject({ verdict: 'error', admitted: false })
    await vi.advanceTimersByTimeAsync(10_000)
  })
})

describe('what is revoked', () => {
  const listOf = (revocations: RevocationList['revocations']) => {
    let list: RevocationList | Error = { source: 'test', version: digestAt('list'), revocations }
    return {
      set: (next: RevocationList['revocations'] | Error) =>
        void (list =
          next instanceof Error ? next : { source: 'test', version: digestAt('next'), revocations: next }),
      read: async () => {
        if (list instanceof Error) throw list
        return list
      },
    }
  }

  it('is refused although it was remembered as a pass', async () => {
    const revocations = listOf([])
    const { admission, time } = openAdmission({ revocations })
    expect((await admission.decideImage(pinned)).verdict).toBe('allow')
    revocations.set([{ digest: someDigest, reason: 'CVE-2026-1' }])
    time.advance(1_000)
    const decision = await admission.decideImage(pinned)
    expect(decision).toMatchObject({ verdict: 'deny', reasons: [{ code: 'digest-revoked' }] })
    expect(decision.reasons[0]?.message).toContain('CVE-2026-1')
  })

  it('is refused as part of an index', async () => {
    const revocations = listOf([{ digest: digestAt('platform'), reason: 'x' }])
    const { admission, images } = openAdmission({ revocations })
    images.result = { digests: [someDigest, digestAt('platform')] }
    expect((await admission.decideImage(pinned)).reasons[0]?.code).toBe('digest-revoked')
    expect((await admission.decideImage(pinned)).reasons[0]?.code).toBe('digest-revoked')
  })

  it.each([
    [{ from: new Date('2026-11-26T12:00:01Z') }, 'allow'],
    [{ from: new Date('2026-11-26T12:00:00Z') }, 'deny'],
    [{ until: new Date('2026-11-26T12:00:00Z') }, 'allow'],
    [{ until: new Date('2026-11-26T12:00:01Z') }, 'deny'],
  ])('counts within its time: %j', async (span, verdict) => {
    const revocations = listOf([{ digest: someDigest, reason: 'x', ...span }])
    const { admission } = openAdmission({ revocations })
    expect((await admission.decideImage(pinned)).verdict).toBe(verdict)
  })

  it('can not be told: an error, and no pass that is remembered counts', async () => {
    const revocations = listOf([])
    const { admission, time } = openAdmission({ revocations })
    await admission.decideImage(pinned)
    revocations.set(new Error('the file is gone'))
    time.advance(1_000)
    expect(await admission.decideImage(pinned)).toMatchObject({
      verdict: 'error',
      admitted: false,
      reasons: [{ code: 'revocation-unreadable' }],
    })
  })

  it.each([
    ['the image', { digest: someDigest }, 'deny'],
    ['a platform of it', { digest: digestAt('platform') }, 'deny'],
    ['another image', { digest: digestAt('other') }, 'allow'],
  ] as const)('is refused while it is being verified: %s', async (_title, what, verdict) => {
    const revocations = listOf([])
    const { admission, images, time } = openAdmission({ revocations })
    images.result = { digests: [someDigest, digestAt('platform')] }
    const { hold, release } = held()
    images.hold = hold
    const asked = admission.decideImage(pinned)
    await settle()
    revocations.set([{ ...what, reason: 'x' }])
    time.advance(1_000)
    release()
    expect((await asked).verdict).toBe(verdict)
  })

  it('is verified anew when a key is revoked while it is being verified', async () => {
    const revocations = listOf([])
    const { admission, images, time } = openAdmission({ revocations })
    const { hold, release } = held()
    images.hold = hold
    const asked = admission.decideImage(pinned)
    await settle()
    revocations.set([{ key: `${'a'.repeat(43)}=`, reason: 'lost' }])
    time.advance(1_000)
    images.answer = () => 'pass'
    release()
    await settle()
    images.answer = () => 'fail'
    release()
    expect((await asked).verdict).toBe('deny')
    expect(images.verified).toHaveLength(2)
  })

  it('can not be told any more once it is verified: an error', async () => {
    const revocations = listOf([])
    const { admission, images, time } = openAdmission({ revocations })
    const { hold, release } = held()
    images.hold = hold
    const asked = admission.decideImage(pinned)
    await settle()
    revocations.set(new Error('the file is gone'))
    time.advance(1_000)
    release()
    expect(await asked).toMatchObject({ verdict: 'error', reasons: [{ code: 'revocation-unreadable' }] })
  })

  it('can not be told any more once it is refused: a refusal, also where errors are let in', async () => {
    const revocations = listOf([])
    const policy = policyOf([prodRule], { onError: 'allow' })
    const { admission, images, time } = openAdmission({ revocations, policy })
    const { hold, release } = held()
    images.hold = hold
    const asked = admission.decideImage(bad)
    await settle()
    revocations.set(new Error('the file is gone'))
    time.advance(1_000)
    release()
    expect(await asked).toMatchObject({ verdict: 'deny', admitted: false })
  })

  it('is looked up quickly in a list of 50,000', async () => {
    const list = Array.from({ length: 50_000 }, (_, at) => ({ digest: digestAt(`${at}`), reason: 'x' }))
    const { admission } = openAdmission({ revocations: listOf(list) })
    await admission.decideImage(pinned)
    const before = process.cpuUsage()
    for (let at = 0; at < 500; at++) expect((await admission.decideImage(pinned)).verdict).toBe('allow')
    const { user, system } = process.cpuUsage(before)
    // Looked through one by one it takes seconds.
    expect((user + system) / 1_000).toBeLessThan(1_000)
  })

  it('is verified anew when a key is added', async () => {
    const revocations = listOf([])
    const { admission, images, time } = openAdmission({ revocations })
    await admission.decideImage(pinned)
    revocations.set([{ key: `${'a'.repeat(43)}=`, reason: 'lost' }])
    time.advance(1_000)
    await admission.decideImage(pinned)
    expect(images.verified).toHaveLength(2)
  })
})

describe('a verifier that is wrong', () => {
  it.each([
    ['passes with another digest', { digest: digestAt('other') }],
    ['passes with problems', { problems: [{ code: 'sbom-missing', message: 'there is none' }] as const }],
  ])('%s: no pass', async (_title, result) => {
    const { admission, images } = openAdmission()
    images.result = result
    expect(await admission.decideImage(pinned)).toMatchObject({ verdict: 'error', admitted: false })
  })

  it('throws something strange: no pass', async () => {
    const { admission, images } = openAdmission()
    images.hold = () => {
      // oxlint-disable-next-line no-throw-literal
      throw 'odd'
    }
    expect(await admission.decideImage(pinned)).toMatchObject({ verdict: 'error', admitted: false })
  })

  it('and a closed admission lets nothing in that is not remembered', async () => {
    const { admission } = openAdmission()
    await admission[Symbol.asyncDispose]()
    expect(await admission.decideImage(pinned)).toMatchObject({ verdict: 'error', admitted: false })
  })
})
