import type { Repository } from '@sallyport/oci'
import type { GeneratedImage } from './generated-image.ts'

/** What {@link pushImage} needs of a repository or layout. */
export type PushTarget = Pick<Repository, 'write' | 'putManifest'>

/**
 * Pushes a generated image: blobs, child manifests by digest, then the manifest, under a tag when one is given.
 * Aborted, it leaves blobs and children that nothing points to.
 */
export async function pushImage(
  target: PushTarget,
  image: GeneratedImage,
  tag?: string,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<void> {
  for (const blob of image.blobs) await target.write(blob, image.open(blob, { signal }), { signal })
  for (const child of image.children) await target.putManifest(child, { signal })
  await target.putManifest(image.raw, { tag, signal })
}
