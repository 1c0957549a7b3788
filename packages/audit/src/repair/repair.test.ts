import { describe, expect, it, vi } from 'vitest'
import { apply, openRepairTest, results, smallImage } from './repair-test.fixture.ts'
import { formatRepairPlan } from './format-repair-plan.ts'
import { parseRepairPlan } from './parse-repair-plan.ts'
import type { RepairPlan } from './repair-plan.ts'
import { repair } from './repair.ts'
import { pushImage } from '@sallyport/testkit'

// Each promotes for real; machines that do much else at once are slow.
vi.setConfig({ testTimeout: 60_000 })

const vsa = 'https://slsa.dev/verification_summary/v1'
const day = 24 * 3_600_000

describe('repair', () => {
  it('promotes again: the tag is at the hardened image, whose evidence verifies', async () => {
    await using test = await openRepairTest()
    const plan = await test.plan([await test.push('unsigned', { tags: ['1', 'stable'] })])
    const report = await apply(plan, test)
    expect(results(report)).toEqual(['prod/app: 1 done: stable done'])
    const digest = test.registry.resolve('prod/app', '1')!
    expect(digest).not.toBe(plan.actions[0]!.digest)
    expect(test.registry.resolve('prod/app', 'stable')).toBe(digest)
    expect(report).toMatchObject({ dryRun: false, plan: plan.digest, results: { done: 1, error: 0 } })
    expect(report.outcomes[0]!.steps[0]!.digest).toBe(digest)
    expect(await test.evidence('prod/app', digest, 'gate')).toContain(vsa)
  })

  it('promotes from where the gate once took it, at the digest that it had', async () => {
    await using test = await openRepairTest()
    const { registry } = test
    const source = await test.push('unsigned', { path: 'build/app' })
    const request = { from: `${registry.host}/build/app:1`, to: `${registry.host}/prod/app:1`, tier: 'prod' }
    expect(await test.gate.promote(request)).toMatchObject({ verdict: 'pass' })
    const digest = registry.resolve('prod/app', '1')!
    await pushImage(test.repository('build/app'), smallImage('pushed later'), '1')
    test.advance(2 * day)
    const plan = await test.plan([{ ...source, repository: 'prod/app', digest }], { journal: test.journal })
    expect(plan.actions[0]!.from).toBe(`${registry.host}/build/app@${source.digest}`)
    expect(results(await apply(plan, test))).toEqual(['prod/app: 1 done'])
    expect(registry.resolve('prod/app', '1')).toBe(digest)
  })

  it('attests as it is, although the gate hardens', async () => {
    await using test = await openRepairTest()
    const plan = await test.plan([await test.push('decision-elsewhere')])
    expect(results(await apply(plan, test))).toEqual(['prod/app: 1 done'])
    const { digest } = plan.actions[0]!
    expect(test.registry.resolve('prod/app', '1')).toBe(digest)
    expect(await test.evidence('prod/app', digest, 'gate')).toContain(vsa)
  })

  it('changes nothing when it runs again', async () => {
    await using test = await openRepairTest()
    const plan = await test.plan([
      await test.push('decision-elsewhere'),
      await test.push('unsigned', { path: 'prod/other' }),
    ])
    await apply(plan, test)
    test.takeWrites()
    const before = test.registry.snapshot()
    expect(results(await apply(plan, test))).toEqual(['prod/other: 1 already', 'prod/app: 1 already'])
    expect(test.takeWrites()).toEqual([])
    expect(test.registry.snapshot()).toEqual(before)
  })

  it('writes nothing by default, and says what it would do', async () => {
    await using test = await openRepairTest()
    const { gate, backfillSigner } = test
    const idle = { deployments: [], pulledAt: '2026-01-01T00:00:00.000Z' }
    const records = [
      await test.push('no-decision', { path: 'a' }),
      await test.push('no-sbom', { path: 'b' }),
      await test.push('unsigned', { path: 'c' }),
      await test.push('unverifiable', { path: 'e' }),
      await test.push('no-decision', { path: 'f', isBroken: true }),
    ]
    const retired = await test.push('unsigned', { path: 'd', ...idle })
    const before = test.registry.snapshot()
    const plan = await test.plan([...records, retired], {
      signAsIs: true,
      retire: {
        idleMs: day,
        quarantineRepository: `${test.registry.host}/quarantine`,
        deleteManifests: true,
      },
    })
    test.takeWrites()
    const report = await repair(plan, { gate, backfillSigner, unsafeDeleteManifests: true })
    expect(results(report).toSorted()).toEqual([
      'a: 1 would',
      'b: 1 would',
      'c: would',
      'd: would',
      'e: left PERSON_NEEDED',
      'f: 1 refused GATE_REFUSED',
    ])
    expect(test.takeWrites()).toEqual([])
    expect(test.registry.snapshot()).toEqual(before)
    expect((await test.journal.list()).items).toEqual([])
    expect(report).toMatchObject({ dryRun: true, results: { would: 4, left: 1, refused: 1 } })
  })

  it.each(['promote', 'attest', 'sign', 'retire'] as const)(
    'refuses to %s what is elsewhere by now, in a dry run and for good',
    async (kind) => {
      await using test = await openRepairTest()
      const record = await test.push(
        kind === 'attest' ? 'no-sbom' : kind === 'promote' ? 'no-decision' : 'unsigned',
        {
          ...(kind === 'retire' && { deployments: [], pulledAt: '2026-01-01T00:00:00.000Z' }),
        },
      )
      const plan = await test.plan([record], {
        signAsIs: kind === 'sign',
        ...(kind === 'retire' && { retire: { idleMs: day } }),
      })
      expect(plan.actions[0]!.kind).toBe(kind)
      await pushImage(test.repository('prod/app'), smallImage('moved'), '1')
      const before = test.registry.snapshot()
      for (const dryRun of [true, false]) {
        expect(results(await apply(plan, { ...test, dryRun }))).toEqual(['prod/app: 1 refused TAG_MOVED'])
        expect(test.registry.snapshot()).toEqual(before)
      }
    },
  )

  it('refuses to promote over a tag that somebody deleted', async () => {
    await using test = await openRepairTest()
    const plan = await test.plan([await test.push('no-decision')])
    await test.repository('prod/app').deleteTag('1')
    expect(results(await apply(plan, test))).toEqual(['prod/app: 1 refused TAG_MOVED'])
    expect(test.registry.resolve('prod/app', '1')).toBeUndefined()
  })

  it('is stopped by no action that goes wrong', async () => {
    await using test = await openRepairTest()
    const records = [
      await test.push('unsigned', { path: 'a', isBroken: true }),
      await test.push('unsigned', { path: 'b' }),
      await test.push('unsigned', { path: 'c' }),
      await test.push('unsigned', { path: 'd' }),
    ]
    const plan = await test.plan(records, { tier: (name) => (name.endsWith('/d') ? 'unknown' : 'prod') })
    test.registry.setRequestHook(({ repository, method }) =>
      repository === 'b' && method !== 'HEAD' && method !== 'GET'
        ? { type: 'respond', status: 403 }
        : undefined,
    )
    const report = await apply(plan, test)
    expect(results(report).toSorted()).toEqual([
      'a: 1 refused GATE_REFUSED',
      'b: 1 error STEP_FAILED',
      'c: 1 done',
      'd: 1 error OPTIONS_INVALID',
    ])
    const stopped = report.outcomes.find(({ action }) => action.repository === 'a')!.steps[0]!
    expect(stopped.quarantine).toBeDefined()
    expect(test.registry.resolve('a', '1')).toBe(records[0]!.digest)
  })

  it('follows what a review left, and nothing else', async () => {
    await using test = await openRepairTest()
    const plan = await test.plan([
      await test.push('unsigned', { path: 'a' }),
      await test.push('unsigned', { path: 'b' }),
      await test.push('unsigned', { path: 'c' }),
    ])
    const [a, b] = plan.actions
    const text = formatRepairPlan({
      ...plan,
      actions: [
        { ...a!, kind: 'ask' },
        { ...b!, kind: 'attest' },
      ],
    })
    const { plan: reviewed } = parseRepairPlan(text, { source: 'plan.yaml' })
    await expect(apply(reviewed, { ...test, confirm: plan.digest })).rejects.toMatchObject({
      code: 'OPTIONS_INVALID',
    })
    expect(results(await apply(reviewed, test))).toEqual(['a: left PERSON_NEEDED', 'b: 1 done'])
    expect(['a', 'b', 'c'].map((path) => test.registry.resolve(path, '1'))).toEqual(
      plan.actions.map(({ digest }) => digest),
    )
  })

  it.each<[string, number]>([
    ['too old', 8 * day],
    ['of a time to come', -day],
  ])('refuses every action of a plan that is %s', async (_title, age) => {
    await using test = await openRepairTest()
    const plan = await test.plan([await test.push('unsigned')])
    test.advance(age)
    expect(results(await apply(plan, test))).toEqual(['prod/app: refused PLAN_EXPIRED'])
    expect(
      test.takeWrites().filter((write) => write.startsWith('PUT /v2/prod/app/manifests/1')),
    ).toHaveLength(1)
  })

  it.each<
    [string, (plan: RepairPlan, test: Awaited<ReturnType<typeof openRepairTest>>) => Promise<unknown>, string]
  >([
    [
      'it is not confirmed',
      (plan, test) => repair(plan, { gate: test.gate, dryRun: false }),
      'OPTIONS_INVALID',
    ],
    [
      'a key of the gate would sign as it is',
      (plan, test) => repair(plan, { gate: test.gate, backfillSigner: test.releaseSigner }),
      'OPTIONS_INVALID',
    ],
    [
      'it would run nothing',
      (plan, test) => repair(plan, { gate: test.gate, concurrency: 0 }),
      'OPTIONS_INVALID',
    ],
    [
      'it was forged',
      (plan, test) =>
        repair({ ...plan, actions: [{ ...plan.actions[0]!, tags: ['2'] }] }, { gate: test.gate }),
      'PLAN_INVALID',
    ],
  ])('rejects when %s', async (_title, run, code) => {
    await using test = await openRepairTest()
    const plan = await test.plan([await test.push('unsigned')])
    await expect(run(plan, test)).rejects.toMatchObject({ name: 'AuditError', code })
  })
})
