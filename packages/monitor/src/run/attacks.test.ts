import { attachAttestation, createStatement, predicateTypes } from '@sallyport/attest'
import { type Digest, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import { fallbackTag } from '@sallyport/oci'
import { createImage, createImageIndex, type GeneratedImage, pushImage } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EventActor } from '../event/registry-event.ts'
import { actors, type MonitorTest, openMonitorTest, signers } from './monitor-test.fixture.ts'

let test: MonitorTest
beforeEach(async () => {
  test = await openMonitorTest()
})
afterEach(() => test[Symbol.asyncDispose]())

const minute = 60_000
const hour = 60 * minute
const kinds = async () => (await test.monitor.alerts()).map(({ kind }) => kind).sort()
const digestOfImage = ({ raw }: GeneratedImage): Digest => raw.descriptor.digest

/** A manifest as JSON, as it is pushed. */
async function putJson(value: unknown, mediaType: string, tag?: string): Promise<Digest> {
  const bytes = Buffer.from(JSON.stringify(value))
  const raw: RawManifest = { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes }
  await test.repository.putManifest(raw, tag === undefined ? {} : { tag })
  return raw.descriptor.digest
}

const putBlob = (bytes: Uint8Array) =>
  test.repository.putBlob(
    { mediaType: 'application/octet-stream', digest: digestOf(bytes), size: bytes.length },
    new Blob([Uint8Array.from(bytes)]).stream(),
  )

const manifestOf = ({ raw }: GeneratedImage) =>
  JSON.parse(Buffer.from(raw.bytes).toString()) as {
    readonly config: object
    readonly layers: readonly object[]
  }

/** Attached by somebody, as a bundle that a key signed. */
async function attach(
  image: GeneratedImage,
  signer: (typeof signers)[keyof typeof signers] = signers.evidence,
): Promise<Digest> {
  const { digest } = image.raw.descriptor
  const before = new Set((await test.repository.listReferrers(digest)).map((each) => each.digest))
  const statement = createStatement([{ name: 'app', digest }], predicateTypes.spdx, {
    spdxVersion: 'SPDX-2.3',
  })
  await attachAttestation(test.repository, image.raw.descriptor, statement, signer, {
    mode: 'bundle',
    settleMs: 0,
  })
  return (await test.repository.listReferrers(digest)).find((each) => !before.has(each.digest))!.digest
}

describe('a tag that is moved back with an identity of the gate', () => {
  /** Two promotions, then the older digest again. */
  async function moveBack(
    pauseMs: number,
  ): Promise<{ readonly old: GeneratedImage; readonly oldAt: string }> {
    const old = await test.promote('old')
    const oldAt = test.now().toISOString()
    test.advance(pauseMs)
    const newer = await test.promote('new')
    await test.monitor.ingest([test.event({ digest: digestOfImage(newer), tag: '1' })])
    await test.settle()
    await test.monitor.poll()
    test.advance(pauseMs)
    await test.repository.putManifest(old.raw, { tag: '1' })
    return { old, oldAt }
  }

  it.each([
    ['hours after the promotion', hour, actors.gate],
    ['minutes after the promotion', 2 * minute, actors.gate],
    ['minutes after it, by nobody known', 2 * minute, actors.unknown],
    ['minutes after it, by somebody else', 2 * minute, actors.alice],
  ] as const)('is a rollback, %s', async (_title, pauseMs, actor) => {
    const { old } = await moveBack(pauseMs)
    await test.monitor.ingest([test.event({ digest: digestOfImage(old), tag: '1', actor })])
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual(['rollback'])
  })

  it.each([
    ['an event of the first promotion that comes late', hour],
    ['the same minutes later', 2 * minute],
  ])('is not hidden by %s', async (_title, pauseMs) => {
    const { old, oldAt } = await moveBack(pauseMs)
    await test.monitor.ingest([test.event({ digest: digestOfImage(old), tag: '1', time: oldAt })])
    await test.settle()
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual(['rollback'])
  })

  it('is none when the event of the first promotion comes late and nobody has moved it', async () => {
    const old = await test.promote('old')
    const oldAt = test.now().toISOString()
    test.advance(2 * minute)
    const newer = await test.promote('new')
    await test.monitor.ingest([
      test.event({ digest: digestOfImage(newer), tag: '1' }),
      test.event({ digest: digestOfImage(old), tag: '1', time: oldAt }),
      test.event({ digest: digestOfImage(old), tag: '1' }),
    ])
    await test.settle()
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual([])
  })

  it('is told of, when only a decision of another gate is known of it', async () => {
    const old = await test.push('old')
    await test.decide(old)
    test.advance(10 * minute)
    await test.promote('new')
    test.advance(10 * minute)
    await test.repository.putManifest(old.raw, { tag: '1' })
    await test.monitor.ingest([test.event({ digest: digestOfImage(old), tag: '1' })])
    await test.settle()
    expect(await kinds()).toEqual(['unjournaled'])
  })

  it('is told of, when it goes back to what was noted before there was a gate', async () => {
    const first = await test.push('first', '1')
    await test.monitor.poll()
    test.advance(10 * minute)
    await test.promote('new')
    test.advance(10 * minute)
    await test.repository.putManifest(first.raw, { tag: '1' })
    await test.monitor.ingest([test.event({ digest: digestOfImage(first), tag: '1', actor: actors.unknown })])
    await test.settle()
    expect(await kinds()).toEqual(['unauthorised-push'])
  })
})

describe('what is pushed and put back', () => {
  it('is found each time by comparing alone', async () => {
    const good = await test.promote('good')
    await test.monitor.poll()
    await test.settle()
    const bad = await test.push('bad')
    for (let times = 0; times < 2; times++) {
      await test.repository.putManifest(bad.raw, { tag: '1' })
      await test.monitor.poll()
      await test.repository.putManifest(good.raw, { tag: '1' })
      await test.settle()
      await test.monitor.poll()
      await test.settle()
      test.advance(24 * hour)
    }
    expect(await kinds()).toEqual(['unauthorised-push', 'unauthorised-push'])
  })

  it('is found when the manifest is gone again before it is looked at', async () => {
    const good = await test.promote('good')
    await test.monitor.poll()
    test.advance(hour)
    const digest = digestOfImage(await test.push('bad', '1'))
    await test.repository.putManifest(good.raw, { tag: '1' })
    await test.repository.deleteManifest(digest)
    await test.monitor.ingest([test.event({ digest, tag: '1' })])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', digest }])
  })

  it('is found when another hand puts it back and only that is told', async () => {
    const good = await test.promote('good')
    await test.monitor.poll()
    await test.settle()
    test.advance(hour)
    await test.push('bad', '1')
    await test.repository.putManifest(good.raw, { tag: '1' })
    await test.monitor.ingest([test.event({ digest: digestOfImage(good), tag: '1', actor: actors.alice })])
    await test.settle()
    expect(await kinds()).toEqual(['wrong-hand'])
  })

  it('is found when a tag is deleted and the registry had only failed before', async () => {
    const digest = digestOfImage(await test.promote('good'))
    await test.monitor.ingest([test.event({ digest, tag: '1' })])
    await test.settle()
    await test.monitor.poll()
    test.registry.setRequestHook((request) =>
      /manifests\/1$|tags\/list/.test(request.path) ? { type: 'respond', status: 404 } : undefined,
    )
    test.advance(5 * minute)
    await test.monitor.poll()
    test.registry.setRequestHook(undefined)
    await test.settle()
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual([])
    await test.repository.deleteManifest(digest)
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toHaveLength(1)
  })
})

describe('something attached to a promoted image', () => {
  let image: GeneratedImage
  let subject: Digest
  beforeEach(async () => {
    image = await test.promote('good')
    subject = digestOfImage(image)
    await test.monitor.ingest([test.event({ digest: subject, tag: '1' })])
    await test.settle()
  })

  it.each([
    ['signed by those who count, by the gate', 'evidence', actors.gate, []],
    ['signed by those who count, by another hand', 'evidence', actors.alice, ['wrong-hand medium']],
    ['signed by a key that nobody knows', 'stranger', actors.gate, ['unauthorised-push medium']],
    [
      'signed by a key that nobody knows, by another hand',
      'stranger',
      actors.alice,
      ['unauthorised-push medium'],
    ],
  ] as const)('and %s', async (_title, signer, actor: EventActor, expected) => {
    const digest = await attach(image, signers[signer])
    await test.monitor.ingest([test.event({ digest, actor })])
    await test.settle()
    await test.monitor.poll()
    await test.settle()
    const alerts = await test.monitor.alerts()
    expect(alerts.map(({ kind, severity }) => `${kind} ${severity}`)).toEqual(expected)
  })

  it('whose signature is broken counts for nothing', async () => {
    const { config } = manifestOf(createImage())
    const bundle = Buffer.from('{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json"}')
    const type = 'application/vnd.dev.sigstore.bundle.v0.3+json'
    await putBlob(bundle)
    await pushImage(test.repository, createImage())
    const digest = await putJson(
      {
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        artifactType: type,
        config,
        layers: [{ mediaType: type, digest: digestOf(bundle), size: bundle.length }],
        subject: image.raw.descriptor,
      },
      mediaTypes.ociManifest,
    )
    await test.monitor.ingest([test.event({ digest })])
    await test.settle()
    expect(await kinds()).toEqual(['unauthorised-push'])
  })

  const robot = { kind: 'robot', name: 'robot$scanner' } as const
  it.each([
    ['the gate', actors.gate],
    ['nobody known', actors.unknown],
    ['a scanner that may attach', robot],
  ])('is an alert as bad as any when a container could be started from it: by %s', async (_title, actor) => {
    const monitor = test.open({ watch: [{ ...test.terms, attachers: [{ name: robot.name }] }] })
    const evil = await test.push('evil')
    const digest = await putJson(
      { ...manifestOf(evil), subject: image.raw.descriptor },
      mediaTypes.ociManifest,
    )
    await monitor.ingest([test.event({ digest, actor })])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([
      { kind: 'unauthorised-push', severity: 'critical', digest },
    ])
  })

  it('by a scanner that may attach is no alarm', async () => {
    const monitor = test.open({ watch: [{ ...test.terms, attachers: [{ name: robot.name }] }] })
    const digest = await attach(image, signers.stranger)
    await monitor.ingest([test.event({ digest, actor: robot })])
    for (let turns = 0; turns < 10; turns++) {
      test.advance(10_000)
      await monitor.step()
    }
    expect(await kinds()).toEqual([])
  })

  const evidenceTags = [
    ['the list of referrers', (digest: Digest) => fallbackTag(digest)],
    ['signatures', (digest: Digest) => `${digest.replace(':', '-')}.sig`],
    ['attestations', (digest: Digest) => `${digest.replace(':', '-')}.att`],
    ['an SBOM', (digest: Digest) => `${digest.replace(':', '-')}.sbom`],
  ] as const
  it.each(
    evidenceTags.flatMap(([what, tagOf]) =>
      [actors.gate, actors.unknown, actors.alice, robot].map((actor) => [what, actor, tagOf] as const),
    ),
  )('is an alert when an image is under the tag of %s, by %o', async (_what, actor, tagOf) => {
    const monitor = test.open({ watch: [{ ...test.terms, attachers: [{ name: robot.name }] }] })
    const tag = tagOf(subject)
    const digest = digestOfImage(await test.push('evil', tag))
    await monitor.ingest([test.event({ digest, tag, actor })])
    await monitor.poll()
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([
      { kind: 'unauthorised-push', severity: 'critical', digest, tag },
    ])
  })

  it('is an alert when the image has a layer with a true signature as well', async () => {
    const tag = `${subject.replace(':', '-')}.att`
    const envelope = Buffer.from('{}')
    await putBlob(envelope)
    const { config, layers } = manifestOf(await test.push('evil'))
    const type = 'application/vnd.dsse.envelope.v1+json'
    const layer = { mediaType: type, digest: digestOf(envelope), size: envelope.length }
    const digest = await putJson(
      { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [...layers, layer] },
      mediaTypes.ociManifest,
      tag,
    )
    await test.monitor.ingest([test.event({ digest, tag })])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', severity: 'critical' }])
  })

  it('is an alert when a list names what is to be pushed later', async () => {
    const evil = await test.push('evil')
    const tag = fallbackTag(subject)
    const platform = { os: 'linux', architecture: 'amd64' }
    const digest = await putJson(
      {
        schemaVersion: 2,
        mediaType: mediaTypes.ociIndex,
        manifests: [{ ...evil.raw.descriptor, platform }],
      },
      mediaTypes.ociIndex,
      tag,
    )
    await test.repository.deleteManifest(digestOfImage(evil))
    await test.monitor.ingest([test.event({ digest, tag })])
    await test.settle()
    expect(await kinds()).toEqual(['unauthorised-push'])
  })

  it('is an alert of its own when the evidence has been deleted before', async () => {
    for (const { digest } of await test.repository.listReferrers(subject)) {
      await test.repository.deleteManifest(digest)
      await test.monitor.ingest([test.event({ action: 'manifest-deleted', digest, actor: actors.alice })])
    }
    await test.settle()
    expect(await kinds()).toEqual(['evidence-deleted'])
    const tag = fallbackTag(subject)
    const digest = digestOfImage(await test.push('evil', tag))
    await test.monitor.ingest([test.event({ digest, tag })])
    await test.settle()
    expect(await kinds()).toEqual(['evidence-deleted', 'unauthorised-push'])
  })

  it('is told of when it is pushed again by another hand after it was deleted', async () => {
    const [entry] = await test.repository.listReferrers(subject)
    const raw = await test.repository.getManifest(entry!.digest)
    await test.repository.deleteManifest(entry!.digest)
    await test.monitor.ingest([
      test.event({ action: 'manifest-deleted', digest: entry!.digest, actor: actors.alice }),
    ])
    await test.settle()
    await test.repository.putManifest(raw)
    await test.monitor.ingest([test.event({ digest: entry!.digest, actor: actors.alice })])
    await test.settle()
    expect(await kinds()).toEqual(['evidence-deleted', 'wrong-hand'])
  })

  it('is missed when it is deleted, even when nobody told that it was pushed', async () => {
    for (const { digest } of await test.repository.listReferrers(subject))
      await test.repository.deleteManifest(digest)
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual(['evidence-deleted'])
  })
})

describe('an index', () => {
  const index = () =>
    createImageIndex({
      'linux/amd64': createImage(),
      'linux/arm64': createImage({ platform: 'linux/arm64' }),
    })

  it('with another child is another push', async () => {
    const good = index()
    await pushImage(test.repository, good, '1')
    await test.decide(good)
    await test.note(digestOfImage(good))
    await test.monitor.ingest([test.event({ digest: digestOfImage(good), tag: '1' })])
    await test.settle()
    test.advance(hour)
    const evil = createImageIndex({
      'linux/amd64': createImage({ layers: [{ files: { '/evil': 'x' } }] }),
      'linux/arm64': createImage({ platform: 'linux/arm64' }),
    })
    await pushImage(test.repository, evil, '1')
    await test.monitor.ingest([
      ...evil.children.map(({ descriptor: { digest } }) => test.event({ digest })),
      test.event({ digest: digestOfImage(evil), tag: '1' }),
    ])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([
      { kind: 'unauthorised-push', severity: 'critical', digest: digestOfImage(evil) },
    ])
  })

  it('lends its children no tags', async () => {
    const good = index()
    await pushImage(test.repository, good, '1')
    await test.decide(good)
    await test.note(digestOfImage(good))
    const [child] = good.children
    await test.repository.putManifest(child!, { tag: 'latest' })
    await test.monitor.ingest([test.event({ digest: child!.descriptor.digest, tag: 'latest' })])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', tag: 'latest' }])
  })
})

describe('an event that lies', () => {
  it.each([
    ['about the digest', (good: Digest) => ({ digest: good })],
    ['about the repository', () => ({ repository: 'dev/app' })],
    ['about the registry', () => ({ registry: 'registry.example' })],
    ['about the tag', (good: Digest) => ({ digest: good, tag: '2' })],
    ['about the time', (good: Digest) => ({ digest: good, time: '2020-01-01T00:00:00.000Z' })],
    [
      'about the address',
      (good: Digest) => ({ digest: good, actor: { ...actors.gate, address: '10.0.0.1' } }),
    ],
  ])('%s clears nothing', async (_title, lie) => {
    const good = digestOfImage(await test.promote('good'))
    await test.monitor.ingest([test.event({ digest: good, tag: '1' })])
    await test.settle()
    await test.monitor.poll()
    test.advance(hour)
    const bad = digestOfImage(await test.push('bad', '1'))
    await test.monitor.ingest([test.event({ digest: bad, tag: '1', ...lie(good) })])
    await test.monitor.poll()
    await test.settle()
    const alerts = await test.monitor.alerts()
    expect(alerts.filter(({ digest }) => digest === bad)).toMatchObject([
      { kind: 'unauthorised-push', tag: '1' },
    ])
  })
})

describe('a push by digest with an identity of the gate', () => {
  it.each([
    ['is as bad as any while promotions go well', true, 'critical'],
    ['may be what a promotion left behind that failed', false, 'medium'],
  ] as const)('%s', async (_title, isGood, severity) => {
    if (isGood) await test.promote('good')
    else {
      const key = digestOf('failed')
      await test.journal.begin({
        key,
        source: 'build.example/app:1',
        sourceDigest: digestOf('x'),
        destination: `${test.place}:1`,
        tier: 'prod',
        policyDigest: digestOf('policy'),
        startedAt: test.now().toISOString(),
      })
      await test.journal.finish(key, { finishedAt: test.now().toISOString(), verdict: 'error' })
    }
    await test.monitor.ingest([test.event({ digest: digestOfImage(await test.push('evil')) })])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', severity }])
  })
})

describe('alerts', () => {
  it('stay small and one, however often a push is repeated', { timeout: 60_000 }, async () => {
    const digest = digestOfImage(await test.push('bad', '1'))
    const events = Array.from({ length: 10_000 }, (_, index) =>
      test.event({
        digest,
        tag: '1',
        actor: { kind: 'user', name: `alice ${index}` },
        time: new Date(test.now().getTime() + index).toISOString(),
      }),
    )
    await test.monitor.ingest(events)
    await test.settle()
    const alerts = await test.monitor.alerts()
    expect(alerts).toMatchObject([{ kind: 'unauthorised-push', occurrences: 10_000 }])
    expect(alerts[0]!.events).toHaveLength(20)
    expect(JSON.stringify(alerts).length).toBeLessThan(20_000)
  })

  it('hold no control characters and no long names of those who push', async () => {
    const digest = digestOfImage(await test.push('bad', '1'))
    const name = `\u001b[2J\r\nmallory${'x'.repeat(100_000)}`
    await test.monitor.ingest([
      test.event({ digest, tag: '1', actor: { kind: 'user', name, userAgent: name, address: name } }),
    ])
    await test.settle()
    const [alert] = await test.monitor.alerts()
    expect(alert!.odd.join('')).toContain('mallory')
    expect(JSON.stringify(alert)).not.toMatch(/\\u001b|\\r|\\n/)
    expect(JSON.stringify(alert).length).toBeLessThan(20_000)
  })
})
