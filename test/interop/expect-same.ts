import type { Repository } from '@sallyport/oci'
import type { GeneratedImage } from '@sallyport/testkit'
import { expect } from 'vitest'
import { collect } from './samples.ts'

/** Each manifest and each blob is there, byte by byte. */
export async function expectSame(found: Repository, image: GeneratedImage, tag?: string): Promise<void> {
  if (tag !== undefined) {
    expect((await found.getManifest(tag)).descriptor.digest).toBe(image.raw.descriptor.digest)
  }
  for (const { descriptor, bytes } of [image.raw, ...image.children]) {
    const { bytes: read } = await found.getManifest(descriptor.digest)
    expect(Buffer.from(read).equals(bytes), `${descriptor.digest} in ${found.name}`).toBe(true)
  }
  for (const blob of image.blobs) {
    const [read, written] = await Promise.all([collect(found.open(blob)), collect(image.open(blob))])
    expect(read.equals(written), `${blob.digest} in ${found.name}`).toBe(true)
  }
}
