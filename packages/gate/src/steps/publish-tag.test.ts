import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import { openLayout, type Repository } from '@sallyport/oci'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { publishTag } from './publish-tag.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-publish-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

function index(name: string): RawManifest {
  const mediaType = mediaTypes.ociIndex
  const bytes = Buffer.from(
    JSON.stringify({ schemaVersion: 2, mediaType, manifests: [], annotations: { name } }),
  )
  return { bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength } }
}
const [first, own, other] = ['first', 'own', 'other'].map(index) as [RawManifest, RawManifest, RawManifest]

/** The target, at which somebody else moves the tag just before we do. */
async function contended(theirs: RawManifest): Promise<Repository> {
  const layout = await openLayout(folder, { create: true })
  await layout.putManifest(first, { tag: 'prod' })
  return {
    ...layout,
    async putManifest(manifest, options) {
      await layout.putManifest(theirs, { tag: 'prod' })
      await layout.putManifest(manifest, options)
    },
  }
}

describe('publishTag, when somebody else moves the tag after it was looked at', () => {
  const options = { tag: 'prod', expected: first.descriptor.digest }

  it('leaves it where they moved it, and says so', async () => {
    const target = await contended(other)
    await expect(publishTag(target, own, options)).rejects.toMatchObject({
      name: 'GateError',
      code: 'TAG_CONFLICT',
      retryable: true,
      message: expect.stringContaining(other.descriptor.digest),
    })
    expect((await target.getManifest('prod')).descriptor.digest).toBe(other.descriptor.digest)
  })

  it('is content when they moved it to the same manifest', async () => {
    const target = await contended(own)
    expect(await publishTag(target, own, options)).toBe(true)
  })
})

describe('publishTag, of a manifest that is known by its sha512 digest', () => {
  const long: RawManifest = {
    bytes: own.bytes,
    descriptor: { ...own.descriptor, digest: digestOf(own.bytes, 'sha512') },
  }

  it('moves the tag, and finds it there the next time', async () => {
    const layout = await openLayout(folder, { create: true })
    expect(await publishTag(layout, long, { tag: 'prod', expected: undefined })).toBe(true)
    expect(await publishTag(layout, long, { tag: 'prod', expected: undefined })).toBe(false)
  })
})
