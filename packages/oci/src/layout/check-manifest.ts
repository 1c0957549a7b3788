import { type Descriptor, digestAlgorithm, digestOf, type RawManifest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { decodeManifest } from '../manifest/raw-manifest.ts'
import { isTag } from '../reference/parse-reference.ts'
import { describeReferrer } from '../referrers/verify-referrers.ts'
import { imageNameAnnotation, refNameAnnotation } from './layout-index.ts'

/**
 * Checks a manifest before it is stored, and makes the descriptor under which it is listed.
 *
 * @throws {OciError} `REFERENCE_INVALID` when `tag` is none.
 * @throws {OciError} `DIGEST_MISMATCH` when the bytes are not those of the descriptor.
 * @throws {OciError} `MANIFEST_INVALID`, `MANIFEST_UNSUPPORTED` when the bytes are no manifest.
 */
export function checkManifest(name: string, manifest: RawManifest, tag: string | undefined): Descriptor {
  const { digest, size } = manifest.descriptor
  if (tag !== undefined && !isTag(tag)) {
    throw new OciError('REFERENCE_INVALID', `${name}: not a tag`, { reference: name })
  }
  if (manifest.bytes.byteLength !== size || digestOf(manifest.bytes, digestAlgorithm(digest)) !== digest) {
    throw new OciError('DIGEST_MISMATCH', `the bytes are not those of manifest ${digest}`, {
      reference: name,
    })
  }
  decodeManifest(manifest)
  const { subject, descriptor } = describeReferrer(manifest)
  if (subject !== undefined) return withoutNames(descriptor)
  const { mediaType, platform } = manifest.descriptor
  return { mediaType, digest, size, ...(platform === undefined ? {} : { platform }) }
}

/** Annotations that have a meaning in `index.json`: a tag, a whole name, and what cosign keeps there. */
const names = [refNameAnnotation, imageNameAnnotation, 'kind']

/** Who attaches something chooses its annotations, and must not choose what a tag of the layout points to. */
function withoutNames({ annotations, ...descriptor }: Descriptor): Descriptor {
  if (annotations === undefined) return descriptor
  const kept = Object.entries(annotations).filter(([key]) => !names.includes(key))
  return { ...descriptor, annotations: Object.fromEntries(kept) }
}
