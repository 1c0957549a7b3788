import { type Digest, digestOf, mediaTypes } from '@sallyport/core'
import { fallbackTag } from '@sallyport/oci'
import { createImage, createImageIndex, pushImage } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  actors,
  digestOfImage,
  type MonitorTest,
  openMonitorTest,
  rawManifest,
} from './monitor-test.fixture.ts'

let test: MonitorTest
beforeEach(async () => {
  test = await openMonitorTest()
})
afterEach(() => test[Symbol.asyncDispose]())

const hour = 3_600_000
const kinds = async () => (await test.monitor.alerts()).map(({ kind }) => kind)

describe('one alert for what is told in part, or by nobody:', () => {
  it.each([
    ['told by an event', actors.alice],
    ['told without a name', actors.unknown],
    ['that nobody told of', undefined],
  ])('for a tag that is moved back at once, %s', async (_title, actor) => {
    const old = await test.promote('old')
    test.advance(60_000)
    await test.promote('new')
    await test.monitor.poll()
    test.advance(60_000)
    await test.repository.putManifest(old.raw, { tag: '1' })
    const { digest } = old.raw.descriptor
    if (actor) await test.monitor.ingest([test.event({ digest, tag: '1', actor })])
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual(['rollback'])
  })

  it('for another hand that is told of when what it pushed is gone again', async () => {
    const { raw } = await test.promote('a')
    const { digest } = raw.descriptor
    await test.monitor.poll()
    await test.settle()
    test.advance(hour)
    await test.repository.putManifest(raw, { tag: 'copy' })
    const event = test.event({ digest, tag: 'copy', actor: actors.alice })
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual(['unjournaled'])
    test.advance(60_000)
    await test.repository.deleteManifest(digest)
    await test.monitor.ingest([event])
    await test.settle()
    expect(await kinds()).toContain('wrong-hand')
    expect(await kinds()).not.toContain('unauthorised-push')
  })

  it('for a tag that is moved back before anybody looked, when the promotion is told of', async () => {
    const old = await test.promote('old')
    await test.monitor.poll()
    await test.settle()
    test.advance(hour)
    const { digest } = (await test.promote('new')).raw.descriptor
    const event = test.event({ digest, tag: '1' })
    test.advance(60_000)
    await test.repository.putManifest(old.raw, { tag: '1' })
    await test.monitor.ingest([event])
    await test.settle()
    expect(await kinds()).toEqual(['rollback'])
  })

  it('and none when the next promotion is over before its tag was read', async () => {
    const old = await test.promote('old')
    await test.monitor.ingest([test.event({ digest: old.raw.descriptor.digest, tag: '1' })])
    test.advance(60_000)
    await test.promote('new')
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual([])
  })

  it('for an index of another hand of which only the children are told', async () => {
    await test.promote('a')
    await test.monitor.poll()
    await test.settle()
    const index = createImageIndex({
      'linux/amd64': createImage(),
      'linux/arm64': createImage({ platform: 'linux/arm64' }),
    })
    await pushImage(test.repository, index, '1')
    await test.monitor.ingest(
      index.children.map(({ descriptor: { digest } }) => test.event({ digest, actor: actors.alice })),
    )
    await test.monitor.step()
    test.advance(30_000)
    await test.monitor.poll()
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([
      { kind: 'unauthorised-push', tag: '1', actor: actors.alice, occurrences: 3 },
    ])
  })
})

describe('what is judged hours after it happened', () => {
  const hours = 3 * hour

  it.each([
    ['the push that came before it, first', [0, 1]],
    ['the push that came before it, afterwards', [1, 0]],
  ])('is one deletion, with %s', async (_title, order) => {
    await test.promote('a', '2')
    await test.monitor.poll()
    await test.settle()
    const digest = digestOfImage(await test.promote('a', '1'))
    const told = [test.event({ digest, tag: '1' })]
    test.advance(60_000)
    await test.repository.deleteManifest(digest)
    told.push(test.event({ action: 'tag-deleted', tag: '1', actor: actors.alice }))
    test.advance(hours)
    for (const at of order) {
      await test.monitor.ingest([told[at]!])
      await test.settle()
    }
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'manifest-deleted', actor: actors.alice }])
  })

  it.each([
    ['a deletion', 'manifest-deleted'],
    ['a push', 'unauthorised-push'],
  ])('and was found by comparing first is one alert: %s', async (_title, kind) => {
    const good = await test.promote('good')
    await test.monitor.poll()
    await test.settle()
    test.advance(60_000)
    let event
    if (kind === 'manifest-deleted') {
      await test.repository.deleteManifest(digestOfImage(good))
      event = test.event({ action: 'manifest-deleted', digest: digestOfImage(good), actor: actors.alice })
    } else {
      const digest = digestOfImage(await test.push('bad', '1'))
      event = test.event({ digest, tag: '1', actor: actors.alice })
    }
    test.advance(hours)
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual([kind])
    await test.monitor.ingest([event])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind, actor: actors.alice }])
  })

  it('is another alert when more evidence of the same image is deleted between two looks', async () => {
    const image = await test.promote('good')
    test.advance(1000)
    await test.decide(image)
    const digests = (await test.repository.listReferrers(digestOfImage(image))).map(({ digest }) => digest)
    expect(digests).toHaveLength(2)
    await test.monitor.ingest([
      test.event({ digest: digestOfImage(image), tag: '1' }),
      ...digests.map((digest) => test.event({ digest })),
    ])
    await test.settle()
    await test.monitor.poll()
    test.advance(60_000)
    await test.repository.deleteManifest(digests[0]!)
    await test.monitor.ingest([test.event({ action: 'manifest-deleted', digest: digests[0]! })])
    await test.settle()
    test.advance(hours)
    await test.repository.deleteManifest(digests[1]!)
    test.advance(hours)
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual(['evidence-deleted', 'evidence-deleted'])
  })

  it('is another alert when it is done again, and only comparing tells', async () => {
    const good = await test.promote('good')
    await test.monitor.poll()
    await test.settle()
    test.advance(60_000)
    const bad = await test.push('bad', '1')
    await test.monitor.ingest([test.event({ digest: digestOfImage(bad), tag: '1', actor: actors.alice })])
    await test.settle()
    test.advance(60_000)
    await test.repository.putManifest(good.raw, { tag: '1' })
    await test.monitor.ingest([test.event({ digest: digestOfImage(good), tag: '1' })])
    await test.settle()
    test.advance(hours)
    await test.repository.putManifest(bad.raw, { tag: '1' })
    test.advance(hours)
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual(['unauthorised-push', 'unauthorised-push'])
  })
})

describe('a list of evidence that is told of after its image is gone', () => {
  async function retire(): Promise<{
    readonly list: string
    readonly digest: Digest
    readonly put: () => Promise<void>
  }> {
    const image = await test.promote('a')
    const digest = digestOfImage(image)
    await test.monitor.ingest([test.event({ digest, tag: '1' })])
    await test.monitor.poll()
    await test.settle()
    test.advance(hour)
    await test.repository.deleteManifest(digest)
    return {
      list: fallbackTag(digest),
      digest,
      put: () => test.repository.putManifest(image.raw, { tag: '1' }),
    }
  }
  const listOf = (manifests: readonly object[]) =>
    rawManifest({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests })

  it.each([
    ['by the gate', actors.gate, []],
    ['by nobody known', actors.unknown, []],
    ['by another hand', actors.alice, ['evidence-deleted']],
  ] as const)('says nothing more, %s', async (_title, actor, expected) => {
    const { list } = await retire()
    const raw = listOf([])
    await test.repository.putManifest(raw, { tag: list })
    await test.monitor.ingest([test.event({ tag: list, digest: raw.descriptor.digest, actor })])
    await test.settle()
    expect(await kinds()).toEqual(expected)
  })

  it('is an alert when it names what could be pushed afterwards', async () => {
    const { list } = await retire()
    const evil = (await test.push('evil')).raw.descriptor
    const raw = listOf([{ ...evil, platform: { os: 'linux', architecture: 'amd64' } }])
    await test.repository.putManifest(raw, { tag: list })
    await test.repository.deleteManifest(evil.digest)
    await test.monitor.ingest([test.event({ tag: list, digest: raw.descriptor.digest })])
    await test.settle()
    expect(await kinds()).toHaveLength(1)
  })

  it('leaves nothing behind that is taken for evidence when the image is there again', async () => {
    const { digest, put } = await retire()
    const junk = rawManifest({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: 'application/x-junk',
      config: { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 },
      layers: [],
      subject: { mediaType: mediaTypes.ociManifest, digest, size: 2 },
    })
    await test.repository.putBlob(
      { mediaType: 'application/octet-stream', digest: digestOf('{}'), size: 2 },
      new Blob(['{}']).stream(),
    )
    await test.repository.putManifest(junk)
    await test.monitor.ingest([test.event({ digest: junk.descriptor.digest, actor: actors.unknown })])
    await test.settle()
    await put()
    await test.monitor.poll()
    await test.settle()
    await test.monitor.poll()
    await test.settle()
    expect((await test.monitor.alerts()).map(({ group }) => group)).toContain(
      `attachment ${test.place}@${digest}`,
    )
  })
})
