import { attachAttestation, createStatement, predicateTypes } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import type { GeneratedImage } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actors, digestOfImage, type MonitorTest, openMonitorTest, signers } from './monitor-test.fixture.ts'

const hours = 3 * 3_600_000

describe.each([
  ['referrers', {}],
  ['tags', { referrersApi: false }],
] as const)('a loss long after an alert about the same image, evidence under %s:', (_title, quirks) => {
  let test: MonitorTest
  beforeEach(async () => {
    test = await openMonitorTest({ quirks })
    await test.monitor.poll()
  })
  afterEach(() => test[Symbol.asyncDispose]())

  const kinds = async () => (await test.monitor.alerts()).map(({ kind }) => kind).toReversed()
  const look = async () => {
    await test.monitor.poll()
    await test.settle()
  }
  /** What the gate put there is known, and nothing is wrong. */
  async function promote(name: string): Promise<GeneratedImage> {
    const image = await test.promote(name)
    await look()
    expect(await kinds()).toEqual([])
    test.advance(hours)
    return image
  }
  async function putBy(actor: (typeof actors)[keyof typeof actors], { raw }: GeneratedImage): Promise<void> {
    await test.repository.putManifest(raw, { tag: '1' })
    await test.monitor.ingest([test.event({ digest: raw.descriptor.digest, tag: '1', actor })])
    await look()
    test.advance(hours)
  }
  async function remove(digest: Digest, news: 'told' | 'untold'): Promise<void> {
    await test.repository.deleteManifest(digest)
    if (news === 'told') {
      await test.monitor.ingest([test.event({ action: 'manifest-deleted', digest, actor: actors.unknown })])
      await test.settle()
    }
    await look()
  }
  const evidenceOf = async (image: GeneratedImage): Promise<Digest> =>
    (await test.repository.listReferrers(digestOfImage(image)))[0]!.digest

  const earlier = {
    /** The same bytes, by another hand. */
    async 'wrong-hand'() {
      const image = await promote('a')
      await putBy(actors.alice, image)
      return image
    },
    async rollback() {
      const image = await promote('a')
      await promote('b')
      await putBy(actors.unknown, image)
      return image
    },
    /** Nothing in the journal, and a decision that is not fresh. */
    async unjournaled() {
      const image = await test.push('a')
      await test.decide(image, 'elsewhere')
      await putBy(actors.unknown, image)
      return image
    },
  }
  const each = (Object.keys(earlier) as (keyof typeof earlier)[]).flatMap((kind) =>
    (['told', 'untold'] as const).map((news) => [kind, news] as const),
  )

  it.each(each)('its evidence, after %s, %s', async (kind, news) => {
    const image = await earlier[kind]()
    expect(await kinds()).toEqual([kind])
    const evidence = await evidenceOf(image)
    await remove(evidence, news)
    expect(await kinds()).toEqual([kind, 'evidence-deleted'])
  })

  it.each(each)('all of it, after %s, %s', async (kind, news) => {
    const image = await earlier[kind]()
    await remove(digestOfImage(image), news)
    expect(await kinds()).toEqual([kind, 'manifest-deleted'])
  })

  it('an image that its tag has left', async () => {
    const image = await earlier['wrong-hand']()
    await test.promote('b')
    await look()
    test.advance(hours)
    await remove(digestOfImage(image), 'told')
    expect(await kinds()).toEqual(['wrong-hand', 'manifest-deleted'])
  })

  it.each(['told', 'untold'] as const)('evidence that another hand had put there again, %s', async (news) => {
    const image = await promote('a')
    const evidence = await evidenceOf(image)
    await test.repository.putManifest((await test.repository.findManifest(evidence))!)
    await test.monitor.ingest([test.event({ digest: evidence, actor: actors.alice })])
    await look()
    test.advance(hours)
    await remove(evidence, news)
    expect(await kinds()).toEqual(['wrong-hand', 'evidence-deleted'])
  })

  it('evidence of what was promoted only after the alert', async () => {
    const image = await test.push('a')
    await putBy(actors.alice, image)
    const { digest } = image.raw.descriptor
    const statement = createStatement([{ name: 'app', digest }], predicateTypes.spdx, {
      spdxVersion: 'SPDX-2.3',
    })
    await attachAttestation(test.repository, image.raw.descriptor, statement, signers.evidence, {
      mode: 'bundle',
      settleMs: 0,
    })
    const evidence = await evidenceOf(image)
    await look()
    await test.decide(image)
    await test.note(digest)
    await test.repository.putManifest(image.raw, { tag: '1' })
    await test.monitor.ingest([test.event({ digest, tag: '1' })])
    await look()
    test.advance(hours)
    const before = await kinds()
    await remove(evidence, 'untold')
    expect(await kinds()).toEqual([...before, 'evidence-deleted'])
  })

  it('the repository, in which each tag had an alert', async () => {
    const [one, other] = [await test.promote('a', '1'), await test.promote('b', '2')]
    await look()
    test.advance(hours)
    for (const [tag, { raw }] of [
      ['1', one],
      ['2', other],
    ] as const) {
      await test.repository.putManifest(raw, { tag })
      await test.monitor.ingest([test.event({ digest: raw.descriptor.digest, tag, actor: actors.alice })])
    }
    await look()
    test.advance(hours)
    for await (const tag of test.repository.listTags())
      await test.repository.deleteManifest((await test.repository.headManifest(tag))!.digest)
    await look()
    expect(await kinds()).toEqual(['wrong-hand', 'wrong-hand', 'repository-deleted'])
  })

  it('of what nobody promoted: none', async () => {
    const bad = await test.push('bad', '1')
    await look()
    test.advance(hours)
    await remove(digestOfImage(bad), 'untold')
    expect(await kinds()).toEqual(['unauthorised-push'])
  })
})
