import { expect, it } from 'vitest'
import { resolveOptions } from '../run/monitor-context.ts'
import { openMonitorTest } from '../run/monitor-test.fixture.ts'
import { listWatched } from './list-watched.ts'

it('a list of repositories that hangs is one that fails, and those that are known are looked at', async () => {
  await using test = await openMonitorTest()
  let isEnded = false
  const context = resolveOptions({
    watch: [test.terms],
    journal: test.journal,
    state: test.state,
    gateActors: {},
    open: (registry, repository) => test.client.repository({ registry, repository }),
    listPlaces: () => ({
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<never>(() => undefined),
        return: async () => {
          isEnded = true
          return { done: true, value: undefined }
        },
      }),
    }),
  })
  const failures: string[] = []
  const listed = await Array.fromAsync(
    listWatched(context, { onFailure: (message) => failures.push(message), longestMs: 5 }),
  )
  expect(listed).toEqual([{ registry: test.registry.host, repository: 'prod/app' }])
  expect(failures).toEqual([expect.stringMatching(/nothing was listed within 5 ms/)])
  expect(isEnded).toBe(true)
})
