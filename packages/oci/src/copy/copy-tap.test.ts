import { type Descriptor, digestOf } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createRegistryClient, type RegistryClient } from '../registry/create-registry-client.ts'
import type { RegistryRepository } from '../registry/registry-repository.ts'
import { startRegistry, type TestRegistry } from '../testing/embedded-registry.ts'
import { collect, pushImage, sampleImage } from '../testing/sample-image.ts'
import { copy } from './copy.ts'

let from: TestRegistry
let to: TestRegistry
let client: RegistryClient
let source: RegistryRepository
let target: RegistryRepository

beforeEach(async () => {
  from = await startRegistry()
  to = await startRegistry()
  client = createRegistryClient({ settleMs: 0, retry: { attempts: 3, baseDelayMs: 0 } })
  source = client.repository({ registry: from.host, repository: 'build/app' })
  target = client.repository({ registry: to.host, repository: 'prod/app' })
})
afterEach(async () => {
  await client.close()
  await from.close()
  await to.close()
})

const image = sampleImage([300_000, 2_000_000])
const layers = image.blobs.slice(1).map(({ blob }) => blob)
const plain = { from: '1', tag: '1', evidence: false } as const

/** A tap that hashes each layer that it reads to the end. */
function createRecorder(): {
  seen: Map<string, string>
  tap: (
    blob: Descriptor,
    of: { kind: string },
  ) => ((content: AsyncIterable<Uint8Array>) => Promise<void>) | undefined
} {
  const seen = new Map<string, string>()
  return {
    seen,
    tap: (blob, { kind }) =>
      kind === 'layer'
        ? async (content) => void seen.set(blob.digest, digestOf(await collect(content)))
        : undefined,
  }
}

const whole = layers.map(({ digest }) => [digest, digest]).sort()

describe('the tap of a copy', () => {
  it('reads the chosen blobs on their way, each once', async () => {
    await pushImage(source, image, '1')
    const { seen, tap } = createRecorder()
    from.clearRequests()
    await copy(source, target, { ...plain, tap })
    expect([...seen].sort()).toEqual(whole)
    expect(from.requests.filter(({ kind }) => kind === 'blob')).toHaveLength(3)
  })

  it('ends the copy by failing: the blob is not there, and no tag', async () => {
    await pushImage(source, image, '1')
    const copied = copy(source, target, {
      ...plain,
      tap: () => async (content) => {
        await collect(content)
        throw new Error('malware')
      },
    })
    await expect(copied).rejects.toThrow('malware')
    expect(to.snapshot()['prod/app']).toBeUndefined()
  })

  it('is asked again when a transfer is repeated, and never takes a beginning for the whole', async () => {
    await pushImage(source, image, '1')
    const { seen, tap } = createRecorder()
    let cuts = 0
    to.setRequestHook(({ method, kind }) =>
      method === 'PUT' && kind === 'upload' && cuts++ < 1
        ? { type: 'drop-connection', afterBytes: 1 }
        : undefined,
    )
    await copy(source, target, { ...plain, concurrency: 1, tap })
    expect(cuts).toBeGreaterThan(1)
    expect([...seen].sort()).toEqual(whole)
  })

  it.each([
    ['nothing of what the target has', false, []],
    ['what the target has, when asked to', true, whole],
  ])('reads %s', async (_, tapExisting, expected) => {
    await pushImage(source, image, '1')
    await copy(source, target, plain)
    const { seen, tap } = createRecorder()
    to.clearRequests()
    await copy(source, target, { ...plain, tap, tapExisting })
    expect([...seen].sort()).toEqual(expected)
    expect(to.requests.filter(({ method }) => method === 'PUT' || method === 'POST')).toEqual([])
  })

  it('reads what is mounted, when asked to', async () => {
    await pushImage(source, image, '1')
    const near = client.repository({ registry: from.host, repository: 'prod/app' })
    const { seen, tap } = createRecorder()
    const { blobs } = await copy(source, near, { ...plain, tap, tapExisting: true })
    expect(blobs).toMatchObject({ mounted: 3, copied: 0 })
    expect([...seen].sort()).toEqual(whole)
  })

  it('reads what a registry had of an upload from before', async () => {
    await pushImage(source, image, '1')
    const { seen, tap } = createRecorder()
    const knowing: RegistryRepository = {
      ...target,
      async putBlob(blob, _content, options) {
        await target.putBlob(blob, source.open(blob), options)
        return 'uploaded'
      },
    }
    await copy(source, knowing, { ...plain, tap })
    expect([...seen].sort()).toEqual(whole)
  })
})
