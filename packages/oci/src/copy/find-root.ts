import { type Descriptor, isDigest, type RawManifest } from '@sallyport/core'
import type { Repository } from '../ports/repository.ts'
import { atSide } from './at-side.ts'
import type { EvidenceSource } from './copy-evidence.ts'
import { namesManifest } from './read-manifest.ts'

/** What is to be copied, fixed by digest. */
export interface CopyRoot {
  readonly descriptor: Descriptor
  /** Absent when the target has it. */
  readonly raw?: RawManifest | undefined
  /** The target has it, under the tag if one is given. */
  readonly there: boolean
}

/**
 * Resolves the root at the source with as few requests as will do: none but a HEAD on each side when both name the same
 * digest, none but a GET when the target has no such tag.
 */
export async function findRoot(
  source: EvidenceSource,
  target: Repository,
  {
    from,
    tag,
    signal,
  }: { readonly from: string; readonly tag: string | undefined; readonly signal: AbortSignal },
): Promise<CopyRoot> {
  const look = (at: string): Promise<Descriptor | undefined> =>
    atSide('target', target.name, () => target.headManifest(at, { signal }))
  const read = async (): Promise<RawManifest> =>
    atSide('source', source.name, () => source.getManifest(from, { signal }))

  if (tag === undefined && !isDigest(from)) {
    const raw = await read()
    const { digest, mediaType } = raw.descriptor
    const there = (await look(digest))?.mediaType === mediaType
    return { descriptor: raw.descriptor, raw, there }
  }
  const current = await look(tag ?? from)
  // An answer that calls a manifest something else is no word to go by.
  if (current !== undefined && namesManifest(current)) {
    const wanted = isDigest(from)
      ? { digest: from, mediaType: current.mediaType }
      : await atSide('source', source.name, () => source.headManifest(from, { signal }))
    // Of an index that one side calls an image, the children and their evidence would not be looked for.
    if (wanted?.digest === current.digest && wanted.mediaType === current.mediaType) {
      return { descriptor: current, there: true }
    }
  }
  const raw = await read()
  return { descriptor: raw.descriptor, raw, there: false }
}
