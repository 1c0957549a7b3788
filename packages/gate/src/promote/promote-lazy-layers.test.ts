import { digestOf, mediaTypes } from '@sallyport/core'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { expect, it } from 'vitest'
import { debianImage, usualPackages } from './debian-image.fixture.ts'
import type { PromoteOptions } from './options.ts'
import { openTestGate } from './test-gate.fixture.ts'

const { leftover: _, ...lean } = usualPackages
const value = digestOf('a list of files')

interface Manifest {
  annotations?: Readonly<Record<string, string>>
  readonly layers: { annotations?: Readonly<Record<string, string>> }[]
}

/** Promotes an image whose manifest was changed. */
async function promoteChanged(change: (manifest: Manifest) => void, options: Partial<PromoteOptions> = {}) {
  await using registry = await startRegistry()
  await using gate = await openTestGate()
  const [from, to] = [`${registry.host}/build/app:1`, `${registry.host}/prod/app:1`]
  const image = createImage(debianImage({ packages: lean }))
  const source = gate.repository(from)
  await pushImage(source, image)
  const manifest = JSON.parse(Buffer.from(image.raw.bytes).toString()) as Manifest
  change(manifest)
  const bytes = Buffer.from(JSON.stringify(manifest))
  const descriptor = { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.byteLength }
  await source.putManifest({ bytes, descriptor }, { tag: '1' })
  const outcome = await gate.promote({ from, to, ...options })
  return { outcome, promoted: registry.resolve('prod/app', '1') }
}

const onLayer =
  (name: string) =>
  ({ layers }: Manifest) =>
    void (layers[1]!.annotations = { [name]: value })
const onManifest = (name: string) => (manifest: Manifest) => void (manifest.annotations = { [name]: value })

it.each([
  ['eStargz', onLayer('containerd.io/snapshot/stargz/toc.digest')],
  ['Nydus', onLayer('containerd.io/snapshot/nydus-bootstrap')],
  ['zstd:chunked', onLayer('io.github.containers.zstd-chunked.manifest-checksum')],
  ['zstd:chunked of before', onLayer('io.containers.zstd-chunked.manifest-checksum')],
  ['SOCI', onManifest('com.amazon.soci.index-digest')],
])(
  'an image with a list of files of its own, which nobody judged, is an error: %s',
  async (_title, change) => {
    const { outcome, promoted } = await promoteChanged(change)
    expect(outcome).toMatchObject({ verdict: 'error', error: { code: 'UNJUDGED' } })
    expect(outcome.decision?.reasons).toContainEqual(
      expect.objectContaining({ effect: 'error', message: expect.stringContaining('LAZY_LAYERS') }),
    )
    expect(promoted).toBeUndefined()
  },
)

it('such an image may pass where that is asked for', async () => {
  const change = onLayer('containerd.io/snapshot/stargz/toc.digest')
  expect(await promoteChanged(change, { unsafeAllowLazyLayers: true })).toMatchObject({
    outcome: { verdict: 'pass' },
  })
})

it('other annotations say nothing', async () => {
  const { outcome } = await promoteChanged(onLayer('org.opencontainers.image.title'))
  expect(outcome).toMatchObject({ verdict: 'pass' })
})
