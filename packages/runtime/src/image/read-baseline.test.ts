import {
  attachAttestation,
  attachSignature,
  createStatement,
  generateSigningKey,
  keySigner,
  predicateKinds,
} from '@sallyport/attest'
import { type Digest, digestOf, type FileRecord } from '@sallyport/core'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import {
  createImage,
  createImageIndex,
  type GeneratedImage,
  pushImage,
  startRegistry,
} from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { readBaseline, type ReadBaselineOptions } from './read-baseline.ts'

const evidence = generateSigningKey()
const release = generateSigningKey()
const stranger = generateSigningKey()

const files: FileRecord[] = [
  { path: '/', type: 'directory', mode: 0o755, uid: 0, gid: 0, size: 0 },
  { path: '/app', type: 'file', mode: 0o755, uid: 0, gid: 0, size: 1, sha256: 'ab'.repeat(32) },
]

/** Two images and their index, without any evidence. */
async function openTest() {
  const registry = await startRegistry()
  const client = createRegistryClient()
  const repository = client.repository(parseReference(`${registry.host}/prod/app:1`))
  const [amd64, arm64] = ['linux/amd64', 'linux/arm64'].map((platform) =>
    createImage({ platform, layers: [{ files: { '/app': platform } }] }),
  ) as [GeneratedImage, GeneratedImage]
  const index = createImageIndex({ 'linux/amd64': amd64, 'linux/arm64': arm64 })
  await pushImage(repository, index, '1')
  const configOf = ({ raw }: GeneratedImage) =>
    (JSON.parse(Buffer.from(raw.bytes).toString()) as { config: { digest: Digest } }).config.digest

  const attach = async (
    image: GeneratedImage,
    {
      platform = 'linux/amd64',
      config = configOf(image),
      key = evidence,
      subject = image.raw.descriptor.digest,
    }: { platform?: string; config?: Digest; key?: typeof evidence; subject?: Digest } = {},
  ) => {
    const predicate = predicateKinds.fileManifest.build({ platform, config, files })
    const statement = createStatement([{ digest: subject }], predicateKinds.fileManifest.type, predicate)
    await attachAttestation(repository, image.raw.descriptor, statement, keySigner(key.privateKey), {
      settleMs: 0,
    })
  }
  const sign = (image: GeneratedImage, key = release) =>
    attachSignature(repository, image.raw.descriptor, keySigner(key.privateKey), { settleMs: 0 })
  const read = (digest: Digest, more: Partial<ReadBaselineOptions> = {}) =>
    readBaseline(repository, digest, {
      fileManifest: { keys: [evidence.publicKey] },
      requirements: [{ kind: 'signature', by: { keys: [release.publicKey] } }],
      platform: 'linux/amd64',
      ...more,
    })
  return {
    amd64,
    arm64,
    index,
    configOf,
    attach,
    sign,
    read,
    async [Symbol.asyncDispose]() {
      await client.close()
      await registry.close()
    },
  }
}

const digestOfImage = ({ raw }: { raw: GeneratedImage['raw'] }) => raw.descriptor.digest

describe('readBaseline', () => {
  it('gives the files of the image, asked for by its digest or that of its index', async () => {
    await using test = await openTest()
    const { amd64, arm64, index } = test
    for (const [image, platform] of [
      [amd64, 'linux/amd64'],
      [arm64, 'linux/arm64'],
    ] as const) {
      await test.attach(image, { platform })
      await test.sign(image)
    }
    const config = test.configOf(amd64)
    for (const asked of [amd64, index]) {
      const found = await test.read(digestOfImage(asked), { config })
      expect(found).toMatchObject({ image: digestOfImage(amd64), config, platform: 'linux/amd64' })
      expect([...found.baseline.files()]).toEqual(files)
    }
    const other = await test.read(digestOfImage(index), { platform: 'linux/arm64' })
    expect(other.image).toBe(digestOfImage(arm64))
  })

  type Opened = Awaited<ReturnType<typeof openTest>>
  it.each<[string, (test: Opened) => Promise<unknown>, Partial<ReadBaselineOptions>, RegExp]>([
    ['without a list', (test) => test.sign(test.amd64), {}, /file manifest/],
    ['without what is required', (test) => test.attach(test.amd64), {}, /signature/],
    [
      'with a list that a stranger signed',
      async (test) => {
        await test.sign(test.amd64)
        await test.attach(test.amd64, { key: stranger })
      },
      {},
      /file manifest/,
    ],
    [
      'with a signature of a stranger',
      async (test) => {
        await test.sign(test.amd64, stranger)
        await test.attach(test.amd64)
      },
      {},
      /signature/,
    ],
    [
      'of another platform',
      async (test) => {
        await test.sign(test.amd64)
        await test.attach(test.amd64)
      },
      { platform: 'linux/s390x' },
      /0 images are for linux\/s390x/,
    ],
    [
      'with a list about another config',
      async (test) => {
        await test.sign(test.amd64)
        await test.attach(test.amd64, { config: digestOf('other') })
      },
      {},
      /the image has another/,
    ],
    [
      'that is not what runs',
      async (test) => {
        await test.sign(test.amd64)
        await test.attach(test.amd64)
      },
      { config: digestOf('what runs') },
      /the container runs the config/,
    ],
  ])('refuses an image %s', async (_title, prepare, options, message) => {
    await using test = await openTest()
    await prepare(test)
    await expect(test.read(digestOfImage(test.amd64), options)).rejects.toMatchObject({
      code: 'BASELINE_INVALID',
      message: expect.stringMatching(message),
    })
  })

  it('refuses what is not there', async () => {
    await using test = await openTest()
    await expect(test.read(digestOf('nothing'))).rejects.toMatchObject({ code: 'BASELINE_INVALID' })
  })
})
