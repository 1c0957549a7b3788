import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { toRawManifest } from '../manifest/raw-manifest.ts'
import { parseIndex } from '../manifest/parse-manifest.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import {
  isInstalled,
  type RunningRegistry,
  startDockerRegistry,
  startOlareg,
} from '../testing/real-registries.ts'
import {
  collect,
  collectAll,
  pushImage,
  sampleBlob,
  sampleImage,
  sampleIndex,
  sampleReferrer,
  streamOf,
} from '../testing/sample-image.ts'
import { createRegistryClient } from './create-registry-client.ts'

describe.each([
  { program: 'docker-registry' as const, start: () => startDockerRegistry(), referrersApi: false },
  { program: 'olareg' as const, start: () => startOlareg(), referrersApi: true },
])('against $program', ({ program, start, referrersApi }) => {
  describe.skipIf(!isInstalled(program))('createRegistryClient', () => {
    let running: RunningRegistry
    const client = createRegistryClient({ settleMs: 0 })
    const repository = (name: string) => client.repository({ registry: running.registry, repository: name })

    beforeAll(async () => {
      running = await start()
    })
    afterAll(async () => {
      await client.close()
      await running?.[Symbol.asyncDispose]()
    })

    it('stores and reads an image, byte for byte', async () => {
      const target = repository('team/app')
      const image = sampleImage([0, 1, 70_000, 3_000_000])
      await pushImage(target, image)
      await target.putManifest(image.manifest, { tag: 'v1' })
      const read = await target.getManifest('v1')
      expect(read.descriptor).toEqual(image.manifest.descriptor)
      expect(Buffer.from(read.bytes).equals(image.manifest.bytes)).toBe(true)
      expect((await target.getManifest(read.descriptor.digest)).descriptor).toEqual(read.descriptor)
      for (const { blob, bytes } of image.blobs) {
        expect((await collect(target.open(blob))).equals(bytes)).toBe(true)
        expect(await target.has(blob)).toBe(true)
      }
      expect(await collectAll(target.listTags())).toEqual(['v1'])
    })

    it('reads from an offset', async () => {
      const target = repository('team/offset')
      const { blob, bytes } = sampleBlob(randomBytes(5000))
      await target.write(blob, streamOf(bytes))
      expect((await collect(target.open(blob, { offset: 4000 }))).equals(bytes.subarray(4000))).toBe(true)
    })

    it('moves a tag by putting another manifest under it', async () => {
      const target = repository('team/moved')
      const [first, second] = [sampleImage([10]), sampleImage([20])]
      await pushImage(target, first, 'latest')
      await pushImage(target, second, 'latest')
      expect((await target.findManifest('latest'))?.descriptor.digest).toBe(second.manifest.descriptor.digest)
    })

    it('moves a tag only from where it is expected', async () => {
      const target = repository('team/expected')
      const [first, second, third] = [sampleImage([10]), sampleImage([20]), sampleImage([30])]
      for (const image of [first, second, third]) await pushImage(target, image)
      const [one, two] = [first.manifest.descriptor.digest, second.manifest.descriptor.digest]
      await target.putManifest(first.manifest, { tag: 'stable', expected: 'absent' })
      await target.putManifest(second.manifest, { tag: 'stable', expected: one })
      await target.putManifest(second.manifest, { tag: 'stable', expected: one })
      for (const expected of [one, 'absent'] as const) {
        await expect(target.putManifest(third.manifest, { tag: 'stable', expected })).rejects.toMatchObject({
          code: 'TAG_CONFLICT',
        })
      }
      expect((await target.getManifest('stable')).descriptor.digest).toBe(two)
    })

    it('says that a manifest, a blob or a repository is not there', async () => {
      const target = repository('team/none')
      const { blob } = sampleBlob('nothing')
      expect(await target.findManifest('v1')).toBeUndefined()
      expect(await target.has(blob)).toBe(false)
      expect(await collectAll(target.listTags())).toEqual([])
      expect(await target.listReferrers(blob.digest)).toEqual([])
      await expect(target.getManifest(blob.digest)).rejects.toMatchObject({
        code: 'MANIFEST_NOT_FOUND',
        status: 404,
      })
      await expect(collect(target.open(blob))).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND', status: 404 })
    })

    it('mounts a blob of another repository and uploads what is nowhere', async () => {
      const [from, to] = [repository('team/from'), repository('team/to')]
      const here = sampleBlob(randomBytes(100_000))
      const nowhere = sampleBlob(randomBytes(100_000))
      expect(await from.putBlob(here.blob, streamOf(here.bytes))).toBe('uploaded')
      expect(await from.putBlob(here.blob, streamOf(here.bytes))).toBe('existing')
      expect(await to.putBlob(here.blob, streamOf(here.bytes), { mountFrom: 'team/from' })).toBe('mounted')
      expect(await to.putBlob(nowhere.blob, streamOf(nowhere.bytes), { mountFrom: 'team/from' })).toBe(
        'uploaded',
      )
      expect((await collect(to.open(nowhere.blob))).equals(nowhere.bytes)).toBe(true)
    })

    it.each([
      ['a byte too many', (bytes: Buffer) => Buffer.concat([bytes, Buffer.of(1)]), 'SIZE_MISMATCH'],
      ['a byte too few', (bytes: Buffer) => bytes.subarray(1), 'SIZE_MISMATCH'],
      [
        'another byte',
        (bytes: Buffer) => Buffer.concat([bytes.subarray(1), bytes.subarray(0, 1)]),
        'DIGEST_MISMATCH',
      ],
    ])('stores nothing of content with %s', async (_, change, code) => {
      const target = repository('team/wrong')
      const { blob, bytes } = sampleBlob(randomBytes(200_000))
      const wrong = change(Buffer.from(bytes))
      const chunks = streamOf(wrong.subarray(0, 100_000), wrong.subarray(100_000))
      await expect(target.write(blob, chunks)).rejects.toMatchObject({ name: 'OciError', code })
      expect(await target.has(blob)).toBe(false)
    })

    it('passes on what went wrong in the source', async () => {
      const { blob, bytes } = sampleBlob(randomBytes(200_000))
      const broken = async function* () {
        yield bytes.subarray(0, 100_000)
        throw new RangeError('the disk is on fire')
      }
      await expect(repository('team/source').write(blob, broken())).rejects.toThrow(
        new RangeError('the disk is on fire'),
      )
    })

    it('rejects with the reason of an abort', async () => {
      const { blob, bytes } = sampleBlob(randomBytes(300_000))
      const controller = new AbortController()
      const aborting = async function* () {
        yield bytes.subarray(0, 100_000)
        yield bytes.subarray(100_000, 200_000)
        controller.abort(new Error('enough'))
        yield bytes.subarray(200_000)
      }
      const target = repository('team/aborted')
      await expect(target.write(blob, aborting(), { signal: controller.signal })).rejects.toThrow('enough')
      expect(await target.has(blob)).toBe(false)
    })

    it('lists verified referrers of an image and of an index', async () => {
      const target = repository('team/evidence')
      const image = sampleImage([100])
      const index = sampleIndex([[{ os: 'linux', architecture: 'amd64' }, image.manifest]])
      await pushImage(target, image)
      await target.putManifest(index, { tag: 'v1' })
      for (const subject of [image.manifest.descriptor, index.descriptor]) {
        const sbom = sampleReferrer(subject, 'application/vnd.example.sbom', { 'org.example.a': 'b' })
        const scan = sampleReferrer(subject, 'application/vnd.example.scan')
        await pushImage(target, sbom)
        await pushImage(target, scan)
        await pushImage(target, scan)
        const found = await target.listReferrers(subject.digest)
        expect(found.map(({ digest }) => digest).sort()).toEqual(
          [sbom, scan].map(({ manifest }) => manifest.descriptor.digest).sort(),
        )
        const [only] = await target.listReferrers(subject.digest, {
          artifactType: 'application/vnd.example.sbom',
        })
        expect(only).toMatchObject({
          ...sbom.manifest.descriptor,
          artifactType: 'application/vnd.example.sbom',
          annotations: { 'org.example.a': 'b' },
        })
        const tagged = await target.findManifest(fallbackTag(subject.digest))
        if (referrersApi) expect(tagged).toBeUndefined()
        else expect(parseIndex(tagged!).manifests).toHaveLength(2)
      }
    })

    it('loses no referrer when many are attached at once', async () => {
      const target = repository('team/many')
      const image = sampleImage([10])
      await pushImage(target, image)
      const referrers = Array.from({ length: 12 }, () =>
        sampleReferrer(image.manifest.descriptor, 'application/vnd.example.x'),
      )
      // On a busy machine a write may come long after the read that it rests on.
      await using other = createRegistryClient({ settleMs: 2_000 })
      await using third = createRegistryClient({ settleMs: 2_000 })
      const own = third.repository({ registry: running.registry, repository: 'team/many' })
      // Two clients only where the list is ours to keep: olareg 0.2.2 itself loses entries that arrive together.
      const second = referrersApi
        ? own
        : other.repository({ registry: running.registry, repository: 'team/many' })
      await pushImage(own, referrers[0]!)
      await Promise.all(
        referrers.map((referrer, at) => (at % 2 === 0 ? second : own).putManifest(referrer.manifest)),
      )
      expect(await target.listReferrers(image.manifest.descriptor.digest)).toHaveLength(12)
    })

    it('refuses to push a manifest whose bytes are not those of its digest', async () => {
      const image = sampleImage([10])
      const raw = { ...image.manifest, bytes: Buffer.concat([image.manifest.bytes, Buffer.from(' ')]) }
      await expect(repository('team/bytes').putManifest(raw)).rejects.toMatchObject({
        code: 'DIGEST_MISMATCH',
      })
    })

    it('reports a manifest whose blobs are missing, and leaves the tag alone', async () => {
      const target = repository('team/incomplete')
      const { manifest } = sampleImage([10])
      await expect(target.putManifest(manifest, { tag: 'v1' })).rejects.toMatchObject({
        code: 'REGISTRY_ERROR',
      })
      expect(await target.findManifest('v1')).toBeUndefined()
    })

    it('keeps bytes that no serialiser would write', async () => {
      const target = repository('team/odd')
      const image = sampleImage([10])
      await pushImage(target, image)
      const text = new TextDecoder().decode(image.manifest.bytes)
      const odd = toRawManifest(
        new TextEncoder().encode(`\n ${text.replace('{', '{ "x-unknown":\t1.50, ')}\n`),
      )
      await target.putManifest(odd, { tag: 'odd' })
      expect(Buffer.from((await target.getManifest('odd')).bytes).equals(odd.bytes)).toBe(true)
    })
  })
})

describe.skipIf(!isInstalled('docker-registry'))('against docker-registry with a password', () => {
  let running: RunningRegistry
  // bcrypt of "right"
  const htpasswd = 'gate:$2b$05$abcdefghijklmnopqrstuu8xaCxxL82bnl.UY74PMksDxIJShppPC\n'

  beforeAll(async () => {
    running = await startDockerRegistry({ htpasswd })
  })
  afterAll(async () => {
    await running?.[Symbol.asyncDispose]()
  })

  it.each([
    ['none', undefined],
    ['wrong ones', { type: 'password', username: 'gate', password: 'wrong-and-secret' } as const],
  ])('refuses %s', async (_, credentials) => {
    await using client = createRegistryClient({ credentials: { find: async () => credentials } })
    const target = client.repository({ registry: running.registry, repository: 'team/app' })
    const error = await target.findManifest('v1').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'UNAUTHORIZED', status: 401, retryable: false })
    expect(String(error)).not.toContain('wrong-and-secret')
    await expect(target.putManifest(sampleImage([1]).manifest)).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
    })
  })

  it('takes the right ones', async () => {
    const asked: unknown[] = []
    await using client = createRegistryClient({
      credentials: {
        find: async (query) => {
          asked.push(query)
          return { type: 'password', username: 'gate', password: 'right' }
        },
      },
    })
    const target = client.repository({ registry: running.registry, repository: 'team/app' })
    const image = sampleImage([50_000])
    await pushImage(target, image, 'v1')
    expect((await target.getManifest('v1')).descriptor).toEqual(image.manifest.descriptor)
    expect(asked).toEqual([{ registry: running.registry, repository: 'team/app' }])
  })
})
