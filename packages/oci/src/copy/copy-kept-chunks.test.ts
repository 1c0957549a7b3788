import { createHash } from 'node:crypto'
import { digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { createRegistryClient } from '../registry/create-registry-client.ts'
import type { RegistryRepository } from '../registry/registry-repository.ts'
import { startRegistry } from '../testing/embedded-registry.ts'
import { pushImage, sampleImage } from '../testing/sample-image.ts'
import { copyImage } from './copy-image.ts'
import type { CopySource } from './copy-blob.ts'
import { copy } from './copy.ts'

/** Memory of chunks is used again after them, but never while somebody may hold them. */
describe('chunks that somebody keeps during a copy', () => {
  const image = sampleImage([3_000_000, 2_000_001, 1_500_000])
  const wanted = image.blobs.map(({ blob }) => blob.digest).sort()

  async function between(
    run: (source: RegistryRepository, target: RegistryRepository) => Promise<void>,
  ): Promise<void> {
    await using from = await startRegistry()
    await using to = await startRegistry()
    await using client = createRegistryClient()
    const source = client.repository({ registry: from.host, repository: 'team/app' })
    const target = client.repository({ registry: to.host, repository: 'team/app' })
    await pushImage(source, image, '1')
    await run(source, target)
    const { bytes } = await target.getManifest(image.manifest.descriptor.digest)
    expect(Buffer.from(bytes).equals(image.manifest.bytes)).toBe(true)
  }

  it('stay as they were for a tap', async () => {
    await between(async (source, target) => {
      const kept: Uint8Array[][] = []
      await copy(source, target, {
        from: '1',
        tag: '1',
        tap: () => async (content) => {
          const chunks: Uint8Array[] = []
          kept.push(chunks)
          for await (const chunk of content) chunks.push(chunk)
        },
      })
      expect(kept.map((chunks) => digestOf(Buffer.concat(chunks))).sort()).toEqual(wanted)
    })
  })

  it('stay as they were for a source that hands on those of a registry', async () => {
    await between(async (source, target) => {
      const kept: Uint8Array[][] = []
      const keeping: CopySource = {
        name: source.name,
        getManifest: (reference, options) => source.getManifest(reference, options),
        async *open(blob, options) {
          const chunks: Uint8Array[] = []
          kept.push(chunks)
          for await (const chunk of source.open(blob, options)) {
            chunks.push(chunk)
            yield chunk
          }
        },
      }
      await copyImage(keeping, target, image.manifest.descriptor)
      expect(kept.map((chunks) => digestOf(Buffer.concat(chunks))).sort()).toEqual(wanted)
    })
  })

  it('stay as they were for who writes what was opened, and for who reads at the same time', async () => {
    await between(async (source, target) => {
      const reading = Promise.all(
        image.blobs.map(async ({ blob }) => {
          const chunks: Uint8Array[] = []
          for await (const chunk of source.open(blob)) chunks.push(chunk)
          return digestOf(Buffer.concat(chunks))
        }),
      )
      await copy(source, target, { from: '1', tag: '1' })
      expect((await reading).sort()).toEqual(wanted)
      for (const { blob } of image.blobs) {
        const hash = createHash('sha256')
        for await (const chunk of target.open(blob)) hash.update(chunk)
        expect(`sha256:${hash.digest('hex')}`).toBe(blob.digest)
      }
    })
  })
})
