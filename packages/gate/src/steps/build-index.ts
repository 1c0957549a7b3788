import { digestOf, type ImageIndex, mediaTypes, type RawManifest } from '@sallyport/core'
import type { ResolvedSource } from './resolve-source.ts'
import type { ImageJudgement } from './judge-image.ts'

/**
 * The index of a promotion: the source's own while no image changed and none was left out, otherwise one with the
 * images that were judged. Attachments describe digests that are gone, and are left out then.
 */
export function buildIndex(source: ResolvedSource, judgements: readonly ImageJudgement[]): RawManifest {
  const index = source.index!
  const unchanged =
    index.manifests.length === judgements.length + source.attachments.length &&
    judgements.every(({ source, after }) => source.descriptor.digest === after.image.raw.descriptor.digest)
  if (unchanged) return source.root

  const bySource = new Map(judgements.map((judgement) => [judgement.source.descriptor.digest, judgement]))
  const rebuilt: ImageIndex = {
    schemaVersion: 2,
    mediaType: index.mediaType ?? source.root.descriptor.mediaType,
    manifests: index.manifests.flatMap((entry) => {
      const judgement = bySource.get(entry.digest)
      if (!judgement) return []
      const { mediaType, digest, size } = judgement.after.image.raw.descriptor
      return [{ ...entry, mediaType, digest, size, data: undefined, urls: undefined }]
    }),
    annotations:
      index.mediaType === mediaTypes.dockerManifestList
        ? undefined
        : { ...index.annotations, 'org.opencontainers.image.base.digest': source.root.descriptor.digest },
  }
  const bytes = Buffer.from(JSON.stringify(rebuilt))
  return {
    descriptor: { mediaType: rebuilt.mediaType!, digest: digestOf(bytes), size: bytes.byteLength },
    bytes,
  }
}
