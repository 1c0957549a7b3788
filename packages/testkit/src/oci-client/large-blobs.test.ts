import { createHash } from 'node:crypto'
import { type Descriptor, digestOf } from '@sallyport/core'
import { createRegistryClient, parseReference, type UploadRules } from '@sallyport/oci'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { registryProfiles } from '../registry/quirks/registry-profiles.ts'
import type { RegistryQuirks } from '../registry/quirks/registry-quirks.ts'
import { startRegistry, type TestRegistry } from '../registry/start-registry.ts'

// Larger than what ACR takes in one request, in chunks as large as ECR wants them and larger than GHCR takes.
const content = Buffer.alloc(21 * 1024 * 1024, 'a large blob ')
const blob: Descriptor = {
  mediaType: 'application/octet-stream',
  digest: digestOf(content),
  size: content.byteLength,
}
const chunkBytes = 5 * 1024 * 1024

const client = createRegistryClient({ sleep: async (_, signal) => signal?.throwIfAborted() })
let origin: TestRegistry
const repositoryOf = ({ host }: TestRegistry) => client.repository(parseReference(`${host}/team/app`))

beforeAll(async () => {
  origin = await startRegistry()
  await repositoryOf(origin).write(blob, pieces())
})
afterAll(async () => {
  await client.close()
  await origin.close()
})

async function* pieces(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.byteLength; at += 65_536) yield content.subarray(at, at + 65_536)
}

const registries: readonly (readonly [string, Partial<RegistryQuirks>])[] = [
  ['faithful', {}],
  ...Object.entries(registryProfiles),
]

describe.each(registries)('%s', (_, quirks) => {
  it.each<[string, UploadRules]>([
    ['whole as far as it takes one', {}],
    ['in chunks where it takes any', { mode: 'chunked', chunkBytes }],
  ])('a blob of 21 MiB is taken %s', async (_title, uploads) => {
    await using registry = await startRegistry({ quirks })
    const target = repositoryOf(registry)
    const upload = target.putBlob(blob, repositoryOf(origin).open(blob), { uploads })
    if (quirks.chunkedUpload === false && uploads.mode === 'chunked') {
      await expect(upload).rejects.toMatchObject({ name: 'OciError', code: 'REGISTRY_ERROR', status: 400 })
      return
    }
    expect(await upload).toBe('uploaded')
    const hash = createHash('sha256')
    for await (const piece of target.open(blob)) hash.update(piece)
    expect(`sha256:${hash.digest('hex')}`).toBe(blob.digest)
    expect(registry.snapshot()['team/app']?.blobs).toEqual([blob.digest])
  })
})
