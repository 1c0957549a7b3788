import type { ImageManifest } from '@sallyport/core'

/**
 * Whether a manifest names nothing but JSON documents, as those do that build tools list beside images. A runtime takes for a
 * layer whatever is called one (`…layer.v1.tar+json`), so that does not count as a document.
 */
export function holdsOnlyDocuments({ layers }: Pick<ImageManifest, 'layers'>): boolean {
  return layers.every(
    ({ mediaType }) => /[/+]json$/.test(mediaType) && !/layer|rootfs|\btar\b/i.test(mediaType),
  )
}
