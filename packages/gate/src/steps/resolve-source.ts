import {
  type BlobReader,
  type Digest,
  formatPlatform,
  isIndexMediaType,
  isManifestMediaType,
  type ImageIndex,
  type ImageManifest,
  type Platform,
  type RawManifest,
} from '@sallyport/core'
import { holdsOnlyDocuments, parseIndex, parseManifest, type Repository } from '@sallyport/oci'
import { readImageConfig } from './read-image-config.ts'
import { GateError } from '../errors.ts'

/** The image of one platform at the source. */
export interface SourceImage {
  /** The platform. */
  readonly platform: Platform
  /** The manifest. */
  readonly raw: RawManifest
}

/** What a source reference names, fixed by digest. */
export interface ResolvedSource {
  /** Manifest or index that the reference names. */
  readonly root: RawManifest
  /** Absent for an image of one platform. */
  readonly index?: ImageIndex | undefined
  /** The images to be promoted, one for each platform. */
  readonly images: readonly SourceImage[]
  /** Every platform of the source that can run, also those that were not asked for. */
  readonly platforms: readonly Platform[]
  /** Entries of the index that are no images but documents about them, as build tools add. */
  readonly attachments: readonly RawManifest[]
}

/** Options of {@link resolveSource}. */
export interface ResolveSourceOptions {
  /** Only these platforms, as `os/architecture[/variant]`. Default: all. */
  readonly platforms?: readonly string[] | undefined
  /** What `tagOrDigest` names, when it has been read already. */
  readonly root?: RawManifest | undefined
  /** Where blobs are read. Default: the repository. */
  readonly blobs?: BlobReader | undefined
  /** Ends the work; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

const maxEntries = 128

/**
 * Resolves a tag or digest once. Every entry of an index is an image to be judged, but for those of platform
 * `unknown/unknown` that hold nothing but JSON documents.
 *
 * @throws {GateError} `OPTIONS_INVALID` when a platform that was asked for is not there, the index names something that is no
 *   image, too much, or nothing, or an image names a subject.
 */
export async function resolveSource(
  repository: Repository,
  tagOrDigest: string,
  { platforms, root: given, blobs = repository, signal }: ResolveSourceOptions = {},
): Promise<ResolvedSource> {
  const name = `${repository.name}${tagOrDigest.includes(':') ? '@' : ':'}${tagOrDigest}`
  const root = given ?? (await repository.getManifest(tagOrDigest, { signal }))
  if (!isIndexMediaType(root.descriptor.mediaType)) {
    refuseSubject(name, root.descriptor.digest, parseManifest(root))
    const platform = await platformOf(blobs, root, signal)
    checkPlatforms(platforms, [platform], name)
    return { root, images: [{ platform, raw: root }], platforms: [platform], attachments: [] }
  }

  const index = parseIndex(root)
  refuseSubject(name, root.descriptor.digest, index)
  if (index.manifests.length > maxEntries) {
    throw invalid(`${name}: ${index.manifests.length} entries; at most ${maxEntries}`)
  }
  const images: SourceImage[] = []
  const attachments: RawManifest[] = []
  const entries = index.manifests.map(({ digest }) => digest)
  for (const { mediaType, digest, platform } of index.manifests) {
    // Leaving it out would promote less than the name promises.
    if (!isManifestMediaType(mediaType)) throw invalid(`${name}: ${digest} is no image but ${mediaType}`)
    const raw = await repository.getManifest(digest, { signal })
    const manifest = parseManifest(raw)
    // `unknown/unknown` is a claim too: what has layers of a file system could be run by its digest, so it is judged.
    if (platform?.os === 'unknown' && holdsOnlyDocuments(manifest)) {
      refuseSubject(name, digest, manifest, entries)
      attachments.push(raw)
      continue
    }
    refuseSubject(name, digest, manifest)
    // The index only claims a platform; the image's own config decides.
    images.push({ platform: await platformOf(blobs, raw, signal, platform?.variant), raw })
  }
  const present = images.map(({ platform }) => platform)
  checkPlatforms(platforms, present, name)
  const wanted = images.filter(({ platform }) => !platforms || platforms.includes(formatPlatform(platform)))
  if (wanted.length === 0) throw invalid(`${name}: the index names no runnable image`)
  return { root, index, images: wanted, platforms: present, attachments }
}

/** Pushed, it would stand among the evidence about another image of the target; what is about its own neighbours may. */
function refuseSubject(
  name: string,
  digest: Digest,
  { subject }: Pick<ImageIndex | ImageManifest, 'subject'>,
  neighbours: readonly Digest[] = [],
): void {
  if (subject === undefined || neighbours.includes(subject.digest)) return
  throw invalid(
    `${name}: ${digest} is attached to ${subject.digest}, which is another image; leave \`subject\` out`,
  )
}

function invalid(message: string): GateError {
  return new GateError('OPTIONS_INVALID', message, { step: 'resolve', side: 'source' })
}

async function platformOf(
  blobs: BlobReader,
  raw: RawManifest,
  signal: AbortSignal | undefined,
  claimedVariant?: string,
): Promise<Platform> {
  const { os, architecture, variant } = await readImageConfig(blobs, parseManifest(raw), { signal })
  const known = variant ?? claimedVariant
  return known ? { os, architecture, variant: known } : { os, architecture }
}

function checkPlatforms(
  wanted: readonly string[] | undefined,
  there: readonly Platform[],
  name: string,
): void {
  const names = there.map(formatPlatform)
  const missing = wanted?.filter((platform) => !names.includes(platform)) ?? []
  if (missing.length > 0) {
    throw invalid(`${name}: no image for ${missing.join(', ')}; there are: ${names.join(', ')}`)
  }
}
