import process from 'node:process'
import { seededRandom, type SeededRandom } from '@sallyport/test-chaos'
import { toolPath } from '@sallyport/test-tools'
import { describe, expect, it } from 'vitest'
import { type News, openModel } from './model.ts'
import { openMonitored } from './monitored.ts'
import { openImageStore, perform } from './perform-action.ts'
import { openTransport } from './unreliable-transport.ts'

const events = Number(process.env['SALLYPORT_MONITOR_EVENTS'] || 500)
const seed = Number(process.env['SALLYPORT_MONITOR_SEED'] || Math.floor(Math.random() * 2 ** 31))
const repositories = Array.from({ length: 8 }, (_, number) => `prod/app-${number}`)

const isMissing = toolPath('docker-registry') === undefined && !process.env['SALLYPORT_REQUIRE_TOOLS']

// Without the tool: node test/tools/install.mjs --suite monitor
describe.skipIf(isMissing)('mixed events of docker-registry', () => {
  it.each<[News, number]>([
    ['all', events],
    ['lines', Math.ceil(events / 8)],
  ])(
    'leads to all alerts and to no other: news %s, %i events',
    { timeout: 1_200_000 },
    async (news, events) => {
      process.stdout.write(
        `monitor: ${events} events, news ${news}, seed ${seed} (npm run monitor:mixed -- --events ${events} --seed ${seed})\n`,
      )
      // One for each, so that what the registry does in between changes nothing of the plan.
      const [planning, random, delivering, refusals] = [0, 1, 2, 3].map((at) => seededRandom(seed + at)) as [
        SeededRandom,
        SeededRandom,
        SeededRandom,
        SeededRandom,
      ]
      await using all = await openMonitored({
        registry: 'docker-registry',
        repositories,
        // The monitor pulls all the time.
        telling: { refuses: () => refusals.next() < 0.1, ignoredActions: ['pull'] },
      })
      const model = openModel(planning, repositories, news)
      const images = openImageStore(String(seed))
      const transport = openTransport(all, delivering, news)
      const { monitor: _, timeline } = all
      const lost = new Set<number>()
      const isLost = (mark: number) => lost.has(mark)
      /** What was done, for who has to find out what went wrong. */
      const history: string[] = []
      let looks = 0
      await all.monitor.poll()
      while (transport.counts.delivered + transport.counts.lost < events) {
        const { quietMs, isDown, actions: planned } = model.next()
        if (isDown) await all.monitor.step()
        timeline.advance(quietMs)
        for (const { action, news } of planned) {
          timeline.advance(500 + random.below(2000))
          const mark = await all.registry.mark()
          if (news === 'lost') lost.add(mark)
          history.push(`${mark} ${timeline.now().toISOString()} ${news} ${JSON.stringify(action)}`)
          await perform(action, all, images, async () => {
            if (isDown || news === 'lost' || random.next() > 0.1) return
            await transport.take(isLost)
            await transport.deliver('some')
            await all.monitor.step()
          })
          if (isDown) continue
          if (random.next() < 0.2) {
            await transport.take(isLost)
            await transport.deliver('some')
            await all.monitor.step()
          }
          if (random.next() < 0.05) {
            looks++
            await all.monitor.poll()
          }
        }
        if (isDown) all.restart()
        await transport.take(isLost)
        await transport.deliver('most')
        await all.monitor.step()
        looks++
        await all.monitor.poll()
        await all.settle()
      }
      await transport.deliver('all')
      await all.settle()
      await all.monitor.poll()
      await all.settle()

      process.stdout.write(
        `monitor: ${history.length} actions, ${looks} looks, ${all.registry.refused()} deliveries answered 500, ${JSON.stringify(transport.counts)}\n`,
      )
      const alerts = await all.alerts()
      const named = ({ kind, repository, tag, digest }: Partial<(typeof alerts)[number]>) =>
        `${kind} ${repository}${tag === undefined ? '' : `:${tag}`}${digest === undefined ? '' : `@${digest}`}`
      const digestOf = (image: number, isChild: boolean) =>
        (isChild ? images.get(image).children[0]! : images.get(image).raw).descriptor.digest
      const expected = model.expected.map(({ image, isChild = false, ...rest }) =>
        named({ ...rest, digest: image === undefined ? undefined : digestOf(image, isChild) }),
      )
      const surplus = [...Map.groupBy(alerts, named)].flatMap(([name, raised]) => {
        const count = expected.filter((each) => each === name).length
        return raised.length > count ? raised : []
      })
      const found = new Set(alerts.map(named))
      const missed = model.expected.filter((_, at) => !found.has(expected[at]!))
      const concerned = new Set([...surplus, ...missed].map(({ repository }) => repository))
      if (concerned.size > 0)
        process.stderr.write(
          `${JSON.stringify({ surplus, missed }, undefined, 1)}\n${history.filter((line) => [...concerned].some((each) => line.includes(`"${each}"`))).join('\n')}\n`,
        )
      expect(alerts.map(named).sort()).toEqual(expected.sort())
      expect(new Set(all.raised.map(({ id }) => id)).size).toBe(alerts.length)
      expect(await all.monitor.status()).toMatchObject({ waiting: 0 })
    },
  )
})
