import { join } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { apply, openRepairTest, results, smallImage } from './repair-test.fixture.ts'
import type { RepairPlan } from './repair-plan.ts'
import type { RepairOptions } from './repair.ts'
import { sqliteRepairState } from './repair-state.ts'
import { pushImage } from '@sallyport/testkit'

// Each promotes for real; machines that do much else at once are slow.
vi.setConfig({ testTimeout: 60_000 })

describe('repair after a crash', () => {
  it('goes on after the actions that are done, and judges none of them anew', async () => {
    await using test = await openRepairTest()
    await using state = sqliteRepairState(join(test.directory, 'repair.db'))
    const paths = ['a', 'b', 'c', 'd']
    const plan = await test.plan(await Promise.all(paths.map((path) => test.push('unsigned', { path }))))
    const controller = new AbortController()
    const options = {
      ...test,
      state,
      concurrency: 1,
      signal: controller.signal,
      onProgress: ({ ended }: { ended: number }) => ended === 2 && controller.abort(new Error('killed')),
    } satisfies RepairOptions & object
    await expect(apply(plan, options)).rejects.toThrow('killed')
    const done = paths.filter((path) => test.registry.resolve(path, '1') !== digestOf(plan, path))
    expect(done).toHaveLength(2)
    test.takeWrites()

    // What scanners know has changed since: judged by itself, what is done would be scanned again.
    const { currentData: _unknown, ...scanner } = test.gate.context.scanners[0]!
    const later = test.open({ scanners: [scanner] })
    const report = await apply(plan, { gate: later, state })
    expect(report.results).toMatchObject({ already: 2, done: 2 })
    const written = test.takeWrites()
    for (const path of done) expect(written.filter((write) => write.includes(`/v2/${path}/`))).toEqual([])
  })

  it.each(['publish', 'record'] as const)(
    'takes a tag that it has moved itself for its own (%s)',
    async (step) => {
      await using test = await openRepairTest()
      const plan = await test.plan([await test.push('unsigned')])
      const { journal } = test
      const broken = test.open({
        journal: {
          ...journal,
          saveStep: async (key, attempt, saved) => {
            if (saved.name === step || (step === 'publish' && saved.name === 'result'))
              throw new Error('killed')
            return journal.saveStep(key, attempt, saved)
          },
          // Nothing is noted by who is dead.
          finish: async () => {
            throw new Error('killed')
          },
        },
      })
      expect(results(await apply(plan, { gate: broken }))).toEqual([`prod/app: 1 error STEP_FAILED`])
      const digest = test.registry.resolve('prod/app', '1')
      expect(digest).not.toBe(plan.actions[0]!.digest)
      expect(results(await apply(plan, test))[0]).toMatch(/: 1 (done|already)$/)
      expect(test.registry.resolve('prod/app', '1')).toBe(digest)
    },
  )

  it('refuses when somebody else moved the tag while it was dead', async () => {
    await using test = await openRepairTest()
    const plan = await test.plan([await test.push('unsigned')])
    const { journal } = test
    const broken = test.open({
      journal: { ...journal, finish: async () => Promise.reject(new Error('killed')) },
    })
    await apply(plan, { gate: broken })
    const foreign = smallImage('foreign')
    await pushImage(test.repository('prod/app'), foreign, '1')
    expect(results(await apply(plan, test))).toEqual(['prod/app: 1 refused TAG_MOVED'])
    expect(test.registry.resolve('prod/app', '1')).toBe(foreign.raw.descriptor.digest)
  })
})

const digestOf = (plan: RepairPlan, path: string) =>
  plan.actions.find(({ repository }) => repository === path)!.digest
