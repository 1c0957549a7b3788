import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RegistryEvent } from '../event/registry-event.ts'
import { actors, digestOfImage, openMonitorTest } from './monitor-test.fixture.ts'

const hour = 3_600_000
const skew = fc.integer({ min: -2000, max: 2000 })
const isFirst = fc.boolean()
/** Who tells of something, when by their clock, and after how long it comes in. */
const teller = fc.record({
  source: fc.constantFrom('one', 'other'),
  skewMs: skew,
  order: fc.nat(),
  pauseMs: fc.nat(70_000),
})
const look = fc.record({ order: fc.nat(), pauseMs: fc.nat(70_000) })

describe('what goes once', () => {
  it.each([
    ['evidence', 'evidence-deleted', {}],
    ['evidence', 'evidence-deleted', { referrersApi: false }],
    ['image', 'manifest-deleted', {}],
  ] as const)(
    'is one alert, whoever tells of it late, in whatever order: %s, %s, %o',
    { timeout: 120_000 },
    async (what, kind, quirks) => {
      const story = fc.record({
        pushes: fc.array(fc.record({ isFirst, by: teller }), { maxLength: 3 }),
        losses: fc.array(teller, { maxLength: 3 }),
        looks: fc.array(look, { minLength: 1, maxLength: 3 }),
        livedMs: fc.constantFrom(10_000, 200_000, 3 * hour),
      })
      await fc.assert(
        fc.asyncProperty(story, async ({ pushes, losses, looks, livedMs }) => {
          await using test = await openMonitorTest({ quirks })
          await test.monitor.poll()
          const image = await test.promote('good')
          const [referrer] = await test.repository.listReferrers(digestOfImage(image))
          const digest = what === 'image' ? digestOfImage(image) : referrer!.digest
          const tag = what === 'image' ? { tag: '1' } : {}
          const tell = async (
            event: Partial<RegistryEvent>,
            { source, skewMs }: { source: string; skewMs: number },
            at: number,
          ) =>
            await test.monitor.ingest([
              test.event({
                actor: actors.unknown,
                ...event,
                source,
                time: new Date(at + skewMs).toISOString(),
              }),
            ])
          const pushedAt = test.now().getTime()
          for (const { isFirst, by } of pushes) if (isFirst) await tell({ digest, ...tag }, by, pushedAt)
          await test.monitor.poll()
          await test.settle()
          test.advance(livedMs)
          await test.repository.deleteManifest(digest)
          const goneAt = test.now().getTime()
          const late = [
            ...pushes.flatMap(({ isFirst, by }) =>
              isFirst ? [] : [{ ...by, work: () => tell({ digest, ...tag }, by, pushedAt) }],
            ),
            ...losses.map((by) => ({
              ...by,
              work: () => tell({ action: 'manifest-deleted', digest }, by, goneAt),
            })),
            ...looks.map((by) => ({ ...by, work: () => test.monitor.poll() })),
          ].toSorted((one, next) => one.order - next.order)
          for (const { work, pauseMs } of late) {
            await work()
            await test.monitor.step()
            test.advance(pauseMs)
          }
          await test.settle()
          await test.monitor.poll()
          await test.settle()
          expect((await test.monitor.alerts()).map((alert) => alert.kind)).toEqual([kind])
        }),
        { numRuns: Number(process.env.RUNS ?? 15) },
      )
    },
  )
})
