import { createReadStream } from 'node:fs'
import type { Image } from '@sallyport/image'
import { readStrace, type UsageEvidence } from '@sallyport/harden/evidence'

/** A recording of a container of this image in which everything that it is for was done, from its start to its end. */
export async function readRecording(image: Image, file: string): Promise<UsageEvidence> {
  const evidence = await readStrace(createReadStream(file), {
    images: [image.raw.descriptor.digest],
    coverage: 'complete',
  })
  for (const { source, coverage, gaps } of [evidence])
    console.log(source, coverage, gaps.map(({ message, count }) => `${count} ${message}`).join())
  return evidence
}
