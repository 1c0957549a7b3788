import { createStatement, predicateKinds } from '@sallyport/attest'
import { formatPlatform } from '@sallyport/core'
import type { Image } from '@sallyport/image'
import type { EvidenceDocument } from './describe-evidence.ts'

/** Options of {@link describeFileManifest}. */
export interface DescribeFileManifestOptions {
  /** `registry/repository` for people. */
  readonly name: string
  readonly signal?: AbortSignal | undefined
}

/**
 * The statement that lists the files of an image. Only about the image itself: an index has no files. They are read from
 * the image as it was opened, not from the registry.
 */
export async function describeFileManifest(
  image: Image,
  { name, signal }: DescribeFileManifestOptions,
): Promise<EvidenceDocument> {
  const { listFiles } = await import('@sallyport/image')
  const subject = image.raw.descriptor.digest
  const predicate = predicateKinds.fileManifest.build({
    platform: formatPlatform(image.platform),
    config: image.manifest.config.digest,
    files: await Array.fromAsync(listFiles(image, { signal })),
  })
  return {
    subject,
    statement: createStatement([{ name, digest: subject }], predicateKinds.fileManifest.type, predicate),
  }
}
