import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RegistryEvent } from '../event/registry-event.ts'
import { actors, digestOfImage, type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

const hour = 3_600_000

/** Who tells of something, how far off their clock is, and how long nothing else comes afterwards. */
const teller = fc.record({
  source: fc.constantFrom('one', 'other'),
  skewMs: fc.integer({ min: -2000, max: 2000 }),
  order: fc.nat(),
  pauseMs: fc.nat(70_000),
})
const story = fc.record({
  /** Before it went, or only afterwards. */
  pushes: fc.array(fc.record({ isEarly: fc.boolean(), by: teller }), { maxLength: 3 }),
  losses: fc.array(teller, { maxLength: 3 }),
  looks: fc.array(fc.record({ order: fc.nat(), pauseMs: fc.nat(70_000) }), { minLength: 1, maxLength: 3 }),
  livedMs: fc.constantFrom(10_000, 200_000, 3 * hour),
})

interface Piece {
  readonly pushed: Partial<RegistryEvent>
  readonly lost: Partial<RegistryEvent>
  readonly lose: () => Promise<unknown>
}

/** What goes, of an image that the gate has promoted. */
const pieces = {
  async evidence(test: MonitorTest): Promise<Piece> {
    const image = await test.promote('good')
    const { digest } = (await test.repository.listReferrers(digestOfImage(image)))[0]!
    const lose = () => test.repository.deleteManifest(digest)
    return { pushed: { digest }, lost: { action: 'manifest-deleted', digest }, lose }
  },
  async image(test: MonitorTest): Promise<Piece> {
    const digest = digestOfImage(await test.promote('good'))
    const lose = () => test.repository.deleteManifest(digest)
    return { pushed: { digest, tag: '1' }, lost: { action: 'manifest-deleted', digest }, lose }
  },
  async tag(test: MonitorTest): Promise<Piece> {
    const { raw } = await test.promote('good')
    const { digest } = raw.descriptor
    await test.repository.putManifest(raw, { tag: '2' })
    await test.note(digest, '2')
    const lose = () => test.repository.deleteTag('1')
    return { pushed: { digest, tag: '1' }, lost: { action: 'tag-deleted', tag: '1' }, lose }
  },
}

describe('what goes once is one alert, whoever tells of it late, in whatever order', () => {
  it.each([
    ['evidence', {}, 'evidence-deleted'],
    ['evidence', { referrersApi: false }, 'evidence-deleted'],
    ['image', {}, 'manifest-deleted'],
    ['tag', {}, 'tag-deleted'],
  ] as const)('%s, with %o', { timeout: 120_000 }, async (what, quirks, kind) => {
    await fc.assert(
      fc.asyncProperty(story, async ({ pushes, losses, looks, livedMs }) => {
        await using test = await openMonitorTest({ quirks })
        await test.monitor.poll()
        const { pushed, lost, lose } = await pieces[what](test)
        const teller = (event: Partial<RegistryEvent>, at: number) => {
          return async ({ source, skewMs }: { readonly source: string; readonly skewMs: number }) => {
            const time = new Date(at + skewMs).toISOString()
            await test.monitor.ingest([test.event({ actor: actors.unknown, ...event, source, time })])
          }
        }
        const tellOfPush = teller(pushed, test.now().getTime())
        for (const { isEarly, by } of pushes) if (isEarly) await tellOfPush(by)
        await test.monitor.poll()
        await test.settle()
        test.advance(livedMs)
        await lose()
        const tellOfLoss = teller(lost, test.now().getTime())
        const news = [
          ...pushes.flatMap(({ isEarly, by }) => (isEarly ? [] : [{ ...by, tell: () => tellOfPush(by) }])),
          ...losses.map((by) => ({ ...by, tell: () => tellOfLoss(by) })),
          ...looks.map((by) => ({ ...by, tell: () => test.monitor.poll() })),
        ].toSorted((one, other) => one.order - other.order)
        for (const { tell, pauseMs } of news) {
          await tell()
          await test.monitor.step()
          test.advance(pauseMs)
        }
        await test.settle()
        await test.monitor.poll()
        await test.settle()
        expect((await test.monitor.alerts()).map((alert) => alert.kind)).toEqual([kind])
      }),
      { numRuns: 15 },
    )
  })
})
