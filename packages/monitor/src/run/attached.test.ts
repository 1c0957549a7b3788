import { attachAttestation, createStatement, predicateTypes } from '@sallyport/attest'
import { type Digest, digestOf, mediaTypes } from '@sallyport/core'
import type { ReleaseRecord } from '@sallyport/gate'
import { fallbackTag } from '@sallyport/oci'
import { createImage, type GeneratedImage, pushImage } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { EventActor } from '../event/registry-event.ts'
import {
  actors,
  digestOfImage,
  type MonitorTest,
  openMonitorTest,
  rawManifest,
  signers,
} from './monitor-test.fixture.ts'

let test: MonitorTest
beforeEach(async () => {
  test = await openMonitorTest()
})
afterEach(() => test[Symbol.asyncDispose]())

const kinds = async () => (await test.monitor.alerts()).map(({ kind }) => kind).sort()

async function putJson(value: Parameters<typeof rawManifest>[0], tag?: string): Promise<Digest> {
  const raw = rawManifest(value)
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
    ['the gate', actors.gate, ['evidence-deleted']],
    ['nobody known', actors.unknown, ['evidence-deleted']],
    ['somebody else', actors.alice, ['evidence-deleted', 'unauthorised-push']],
  ] as const)(
    'is told of late, when it was taken away and attached anew: by %s',
    async (_who, actor, alerts) => {
      const referrer = await attach(image)
      const told = test.event({ digest: referrer })
      await test.monitor.ingest([told])
      await test.settle()
      const late = test.event({ digest: referrer, actor, source: 'distribution-log' })
      test.advance(3_600_000)
      await test.repository.deleteManifest(referrer)
      await test.monitor.ingest([
        test.event({ action: 'manifest-deleted', digest: referrer, subject, actor: actors.alice }),
      ])
      await test.settle()
      test.advance(1_200_000)
      await test.promote('good')
      await test.monitor.ingest([test.event({ digest: subject, tag: '1' }), late])
      await test.settle()
      expect(await kinds()).toEqual(alerts)
    },
  )

  it.each([
    ['the gate', actors.gate, 0, 'it', []],
    ['nobody known', actors.unknown, 0, 'it', []],
    ['somebody else', actors.alice, 0, 'it', ['unauthorised-push']],
    ['the gate, which attached something else then', actors.gate, 0, 'another', ['unauthorised-push']],
    ['the gate, long after what it promoted', actors.gate, 7_200_000, 'it', ['unauthorised-push']],
  ] as const)(
    'is told of only when it is gone, and nobody saw it: by %s',
    async (_who, actor, afterMs, recorded, alerts) => {
      const referrer = await attach(image)
      const finishedAt = test.now().toISOString()
      const manifest = recorded === 'it' ? referrer : digestOf('another')
      await test.journal.saveRecord(
        {
          key: digestOf('key'),
          source: { name: 'build.example/app:1', digest: subject },
          target: { name: `${test.place}:1`, digest: subject },
          tier: 'prod',
          startedAt: finishedAt,
          finishedAt,
          evidence: [
            {
              subject,
              predicateType: predicateTypes.spdx,
              keyId: signers.evidence.keyId,
              pieces: [{ store: 'bundle', manifest, blob: manifest, payload: manifest }],
            },
          ],
        } as unknown as ReleaseRecord,
        1,
      )
      test.advance(afterMs)
      const late = test.event({ digest: referrer, actor })
      await test.repository.deleteManifest(referrer)
      test.advance(6 * 3_600_000)
      await test.monitor.ingest([late])
      await test.settle()
      expect(await kinds()).toEqual(alerts)
    },
  )

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
    const digest = await putJson({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: type,
      config,
      layers: [{ mediaType: type, digest: digestOf(bundle), size: bundle.length }],
      subject: image.raw.descriptor,
    })
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
    const digest = await putJson({
      ...manifestOf(evil),
      mediaType: evil.raw.descriptor.mediaType,
      subject: image.raw.descriptor,
    })
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

describe('a decision in a registry without a list of referrers of its own', () => {
  it('counts no longer when it is deleted and the list still names it', async () => {
    await using test = await openMonitorTest({ quirks: { referrersApi: false } })
    const subject = digestOfImage(await test.promote('good'))
    await test.monitor.ingest([test.event({ digest: subject, tag: '1' })])
    await test.monitor.step()
    const { entries } = await test.repository.listReferrerEntries(subject)
    expect(entries).toMatchObject([{ mechanism: 'fallback-tag' }])
    // Not by our client, which takes it from the list.
    const path = `/v2/prod/app/manifests/${entries[0]!.digest}`
    const { status } = await fetch(`http://${test.registry.host}${path}`, { method: 'DELETE' })
    expect(status).toBe(202)
    test.advance(1000)
    await test.monitor.ingest([test.event({ digest: subject, tag: '1', actor: actors.unknown })])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'evidence-deleted', severity: 'high' }])
  })
})
