import {
  formatPlatform,
  isIndexMediaType,
  isManifestMediaType,
  type ImageIndex,
  type Platform,
  type RawManifest,
} from '@sallyport/core'
import { parseIndex, parseManifest, type Repository } from '@sallyport/oci'
import { readImageConfig } from './read-image-config.ts'
import { GateError } from '../errors.ts'

/** The image of one platform at the source. */
export interface SourceImage {
  readonly platform: Platform
  readonly raw: RawManifest
}

/** What a source reference names, fixed by digest. */
export interface ResolvedSource {
  readonly root: RawManifest
  /** Absent for an image of one platform. */
  readonly index?: ImageIndex | undefined
  readonly images: readonly SourceImage[]
}

/** Options of {@link resolveSource}. */
export interface ResolveSourceOptions {
  /** Only these platforms, as `os/architecture[/variant]`. Default: all. */
  readonly platforms?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

const maxPlatforms = 64

/**
 * Resolves a tag or digest once. Entries of an index that are no runnable image (`unknown/unknown`, as build tools
 * attach attestations) are not images.
 *
 * @throws {GateError} `OPTIONS_INVALID` when a platform that was asked for is not there.
 */
export async function resolveSource(
  repository: Repository,
  tagOrDigest: string,
  { platforms, signal }: ResolveSourceOptions = {},
): Promise<ResolvedSource> {
  const root = await repository.getManifest(tagOrDigest, { signal })
  if (!isIndexMediaType(root.descriptor.mediaType)) {
    const platform = await platformOf(repository, root, signal)
    checkPlatforms(platforms, [platform], tagOrDigest)
    return { root, images: [{ platform, raw: root }] }
  }

  const index = parseIndex(root)
  const runnable = index.manifests.filter(
    ({ mediaType, platform }) => isManifestMediaType(mediaType) && platform?.os !== 'unknown',
  )
  if (runnable.length > maxPlatforms) {
    throw new GateError(
      'OPTIONS_INVALID',
      `${tagOrDigest}: ${runnable.length} platforms; at most ${maxPlatforms}`,
    )
  }
  const images: SourceImage[] = []
  for (const entry of runnable) {
    const raw = await repository.getManifest(entry.digest, { signal })
    // The index only claims a platform; the image's own config decides.
    images.push({ platform: await platformOf(repository, raw, signal, entry.platform?.variant), raw })
  }
  checkPlatforms(
    platforms,
    images.map(({ platform }) => platform),
    tagOrDigest,
  )
  const wanted = images.filter(({ platform }) => !platforms || platforms.includes(formatPlatform(platform)))
  if (wanted.length === 0)
    throw new GateError('OPTIONS_INVALID', `${tagOrDigest}: the index names no runnable image`)
  return { root, index, images: wanted }
}

async function platformOf(
  repository: Repository,
  raw: RawManifest,
  signal: AbortSignal | undefined,
  claimedVariant?: string,
): Promise<Platform> {
  const { os, architecture, variant } = await readImageConfig(repository, parseManifest(raw), { signal })
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
    throw new GateError(
      'OPTIONS_INVALID',
      `${name}: no image for ${missing.join(', ')}; there are: ${names.join(', ')}`,
    )
  }
}
