import { createRegistryClient, parseReference } from '@sallyport/oci'
import { createImage, createImageIndex, startRegistry } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { pushContent } from './push-content.ts'

const judged = createImage({ platform: 'linux/amd64', layers: [{ files: { '/a': 'judged' } }] })
const other = createImage({ platform: 'linux/arm64', layers: [{ files: { '/a': 'not judged' } }] })
const content = { raw: judged.raw, blobs: judged }

describe('pushContent', () => {
  it('counts what it wrote, and writes nothing the second time', async () => {
    await using registry = await startRegistry()
    await using client = createRegistryClient()
    const target = client.repository(parseReference(`${registry.host}/prod/app:1`))
    const index = createImageIndex({ 'linux/amd64': judged })
    expect(await pushContent(target, [content], index.raw)).toEqual({
      blobs: 2,
      manifests: 2,
      bytes: expect.any(Number),
    })
    expect(await pushContent(target, [content], index.raw)).toEqual({
      blobs: 0,
      manifests: 0,
      bytes: 0,
    })
    expect(registry.snapshot()['prod/app']).toMatchObject({ tags: {} })
  })

  it('pushes nothing of an index that names an image which was not judged', async () => {
    await using registry = await startRegistry()
    await using client = createRegistryClient()
    const target = client.repository(parseReference(`${registry.host}/prod/app:1`))
    const index = createImageIndex({ 'linux/amd64': judged, 'linux/arm64': other })
    await expect(pushContent(target, [content], index.raw)).rejects.toMatchObject({
      code: 'MANIFEST_NOT_FOUND',
      reference: other.raw.descriptor.digest,
    })
    expect(registry.requests.filter(({ method }) => method !== 'GET' && method !== 'HEAD')).toEqual([])
  })
})
