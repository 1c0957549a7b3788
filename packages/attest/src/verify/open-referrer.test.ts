import { type Descriptor, digestOf } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { wireFormat } from '../storage/wire-format.ts'
import { plant, startSampleRepository } from '../testing/sample-repository.ts'
import { openReferrer } from './open-referrer.ts'

const { signal } = new AbortController()
const bundle = { mediaType: wireFormat.bundle, bytes: Buffer.from('{}') }
const envelope = { mediaType: wireFormat.envelope, bytes: Buffer.from('{}') }

const listed = (descriptor: Descriptor) => ({ ...descriptor, mechanism: 'referrers-api' }) as const

describe('openReferrer', () => {
  it.each([
    ['a bundle', wireFormat.bundle, bundle, 'bundle'],
    ['an artifact of cosign', wireFormat.artifacts[0], envelope, 'artifact-attestation'],
  ])('takes %s only for the image that it refers to', async (_, artifactType, layer, store) => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    const { descriptor } = await plant(repository, { subject, artifactType, layers: [layer] })
    const open = (image = subject.digest) => openReferrer(repository, image, listed(descriptor), signal)
    expect((await open()).blobs.map((each) => each.store)).toEqual([store])
    await expect(open(digestOf('another image'))).rejects.toMatchObject({ reason: 'subject-mismatch' })
  })

  it('refuses what refers to nothing', async () => {
    await using sample = await startSampleRepository()
    const { repository, subject } = sample
    const { descriptor } = await plant(repository, { artifactType: wireFormat.bundle, layers: [bundle] })
    await expect(openReferrer(repository, subject.digest, listed(descriptor), signal)).rejects.toMatchObject({
      reason: 'subject-mismatch',
    })
  })
})
