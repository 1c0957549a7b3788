import type { GeneratedImage } from '@sallyport/testkit'
import type { RawManifest } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RegistryEvent } from '../event/registry-event.ts'
import { actors, digestOfImage, type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

const minute = 60_000

/** What the gate put there is put back without a promotion, and goes again soon afterwards. */
describe.each([
  ['referrers', {}],
  ['tags', { referrersApi: false }],
] as const)('what was put back and is gone again within the hour, evidence under %s:', (_title, quirks) => {
  let test: MonitorTest
  let image: GeneratedImage
  beforeEach(async () => {
    test = await openMonitorTest({ quirks })
    image = await test.promote('good')
    await test.monitor.ingest([test.event({ tag: '1', digest: digestOfImage(image) })])
    await look()
    expect(await kinds()).toEqual([])
    test.advance(3 * 60 * minute)
    await look()
  })
  afterEach(() => test[Symbol.asyncDispose]())

  const kinds = async () => (await test.monitor.alerts()).map(({ kind }) => kind).toReversed()
  async function look(): Promise<void> {
    await test.monitor.poll()
    await test.settle()
  }
  type News = 'told' | 'told twice' | 'untold'
  async function tell(news: News, event: Partial<RegistryEvent>): Promise<void> {
    if (news === 'untold') return await look()
    const time = test.now().toISOString()
    await test.monitor.ingest([test.event({ ...event, time })])
    await test.settle()
    if (news === 'told') return
    await test.monitor.ingest([test.event({ ...event, time, source: 'audit' })])
    await look()
  }
  const remove = async (news: News, { descriptor: { digest } }: RawManifest): Promise<void> => {
    await test.repository.deleteManifest(digest)
    await tell(news, { action: 'manifest-deleted', digest, actor: actors.unknown })
    test.advance(minute)
  }
  const each = (['told', 'told twice', 'untold'] as const).flatMap((gone) =>
    (['told', 'told twice', 'untold'] as const).map((back) => [gone, back] as const),
  )

  it.each(each)('evidence, gone %s and back %s', async (gone, back) => {
    const { digest } = (await test.repository.listReferrers(digestOfImage(image)))[0]!
    const evidence = (await test.repository.findManifest(digest))!
    for (let times = 1; times < 4; times++) {
      await remove(gone, evidence)
      expect(await kinds()).toEqual(Array.from({ length: times }, () => 'evidence-deleted'))
      await test.repository.putManifest(evidence)
      await tell(back, { digest, actor: actors.unknown })
      test.advance(minute)
      expect(await kinds()).toHaveLength(times)
    }
  })

  it.each(each)('the image, gone %s and back %s', async (gone, back) => {
    for (let times = 1; times < 4; times++) {
      await remove(gone, image.raw)
      expect(await kinds()).toEqual(Array.from({ length: times }, () => 'manifest-deleted'))
      await test.repository.putManifest(image.raw, { tag: '1' })
      await tell(back, { digest: digestOfImage(image), tag: '1', actor: actors.gate })
      test.advance(minute)
      expect(await kinds()).toHaveLength(times)
    }
  })

  it.each(each)('the repository, gone %s and back %s', async (gone, back) => {
    const other = await test.promote('other', '2')
    await test.monitor.ingest([test.event({ tag: '2', digest: digestOfImage(other) })])
    await look()
    const lists = await Array.fromAsync(test.repository.listTags(), async (tag) => ({
      tag,
      raw: (await test.repository.findManifest(tag))!,
    }))
    for (let times = 1; times < 4; times++) {
      for (const { tag } of lists) await test.repository.deleteTag(tag)
      await tell(gone, { action: 'repository-deleted', actor: actors.unknown })
      test.advance(minute)
      expect(await kinds()).toEqual(Array.from({ length: times }, () => 'repository-deleted'))
      for (const { tag, raw } of lists) await test.repository.putManifest(raw, { tag })
      const { digest } = image.raw.descriptor
      await tell(back, { digest, tag: '1', actor: actors.gate })
      test.advance(minute)
      expect(await kinds()).toHaveLength(times)
    }
  })
})
