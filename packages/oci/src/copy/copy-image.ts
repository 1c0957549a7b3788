import {
  type Descriptor,
  type Digest,
  isIndexMediaType,
  isManifestMediaType,
  type Platform,
  type RawManifest,
} from '@sallyport/core'
import pLimit from 'p-limit'
import { OciError } from '../errors.ts'
import { parseIndex, parseManifest } from '../manifest/parse-manifest.ts'
import { matchPlatform } from '../platform/match-platform.ts'
import type { Repository } from '../ports/repository.ts'
import { isRegistryRepository } from '../registry/registry-repository.ts'

/** What happened during a copy. */
export type CopyEvent =
  | { readonly type: 'blob-started'; readonly blob: Descriptor }
  /** Bytes of the blob read so far. */
  | { readonly type: 'blob-progressed'; readonly blob: Descriptor; readonly bytes: number }
  | { readonly type: 'blob-copied'; readonly blob: Descriptor }
  /** The target's registry took the blob from another of its repositories. */
  | { readonly type: 'blob-mounted'; readonly blob: Descriptor }
  /** The target had it. */
  | { readonly type: 'blob-skipped'; readonly blob: Descriptor }
  | { readonly type: 'manifest-copied'; readonly manifest: Descriptor }
  | { readonly type: 'manifest-skipped'; readonly manifest: Descriptor }

/** Where {@link copyImage} reads: a repository, or anything that has the manifests and blobs. */
export type CopySource = Pick<Repository, 'name' | 'getManifest' | 'open'>

/** Options of {@link copyImage}. */
export interface CopyImageOptions {
  /**
   * Copy only these platforms of an index, compared after normalisation. The index itself keeps its bytes and digest, so
   * a target that checks for missing manifests refuses it. Default: all.
   */
  readonly platforms?: readonly Platform[] | undefined
  /** Ends the copy; content that has arrived stays in the target, unreferenced by any tag. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((event: CopyEvent) => void) | undefined
  /** Blobs in transfer at once. Default 4. */
  readonly concurrency?: number | undefined
}

/** What a copy did. */
export interface CopyResult {
  readonly root: Descriptor
  /** Every manifest and index that is now in the target, children before parents. */
  readonly manifests: readonly Descriptor[]
  readonly blobsCopied: number
  readonly blobsMounted: number
  readonly blobsSkipped: number
  /** Bytes of the copied blobs. */
  readonly bytesCopied: number
}

/** An index may hold indexes, but no image needs more floors than this. */
const maxDepth = 4
const maxManifests = 2000

/**
 * Copies an image, or an index with its images, by digest: blobs first, then each manifest after what it refers to, the
 * root last. No tag is written or moved. Bytes stay the same; what the target has is not sent. Referrers are not part
 * of it.
 *
 * @throws {OciError} what reading the source or writing the target throws.
 * @throws {OciError} `MANIFEST_UNSUPPORTED` when an index lists something that is no manifest.
 * @throws {OciError} `LIMIT_EXCEEDED` when indexes nest deeper than 4 or list more than 2,000 manifests.
 * @throws {OciError} `MANIFEST_NOT_FOUND` when `platforms` names one that the index lacks.
 */
export async function copyImage(
  source: CopySource,
  target: Repository,
  root: Descriptor,
  { platforms, signal, onProgress = () => {}, concurrency = 4 }: CopyImageOptions = {},
): Promise<CopyResult> {
  const stop = new AbortController()
  const inner = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])
  const { manifests, blobs } = await planCopy(source, root, platforms, inner)
  const tally = { blobsCopied: 0, blobsMounted: 0, blobsSkipped: 0, bytesCopied: 0 }
  const limit = pLimit(concurrency)
  let first: { readonly error: unknown } | undefined
  await Promise.allSettled(
    blobs.map((blob) =>
      limit(async () => {
        try {
          await copyBlob(source, target, blob, inner, (event) => {
            if (event.type === 'blob-copied') tally.bytesCopied += blob.size
            if (event.type === 'blob-copied') tally.blobsCopied++
            if (event.type === 'blob-mounted') tally.blobsMounted++
            if (event.type === 'blob-skipped') tally.blobsSkipped++
            onProgress(event)
          })
        } catch (error) {
          // The first failure is the reason; the others only stop because of it.
          first ??= { error }
          stop.abort(error)
        }
      }),
    ),
  )
  signal?.throwIfAborted()
  if (first !== undefined) throw first.error

  for (const manifest of manifests) await copyManifest(target, manifest, inner, onProgress)
  return { root, manifests: manifests.map(({ descriptor }) => descriptor), ...tally }
}

interface CopyPlan {
  readonly manifests: readonly RawManifest[]
  readonly blobs: readonly Descriptor[]
}

/** Reads the manifests of the source: children before parents, everything once. */
async function planCopy(
  source: CopySource,
  root: Descriptor,
  platforms: readonly Platform[] | undefined,
  signal: AbortSignal,
): Promise<CopyPlan> {
  const manifests = new Map<Digest, RawManifest>()
  const entered = new Set<Digest>()
  const blobs = new Map<Digest, Descriptor>()

  async function visit(descriptor: Descriptor, depth: number): Promise<void> {
    if (entered.has(descriptor.digest)) return
    if (depth > maxDepth || entered.size >= maxManifests) {
      throw new OciError(
        'LIMIT_EXCEEDED',
        `${source.name}@${root.digest}: more than ${depth > maxDepth ? `${maxDepth} indexes within each other` : `${maxManifests} manifests`}`,
        { reference: source.name },
      )
    }
    entered.add(descriptor.digest)
    const raw = await readChild(source, descriptor, signal)
    if (isIndexMediaType(raw.descriptor.mediaType)) {
      const children = parseIndex(raw).manifests
      for (const child of depth === 0 ? chosen(source, root, children, platforms) : children)
        await visit(child, depth + 1)
    } else {
      const { config, layers } = parseManifest(raw)
      for (const blob of [config, ...layers]) addBlob(blobs, blob)
    }
    manifests.set(raw.descriptor.digest, raw)
  }

  await visit(root, 0)
  return { manifests: [...manifests.values()], blobs: [...blobs.values()] }
}

async function readChild(
  source: CopySource,
  descriptor: Descriptor,
  signal: AbortSignal,
): Promise<RawManifest> {
  const { mediaType, digest, size } = descriptor
  if (!isIndexMediaType(mediaType) && !isManifestMediaType(mediaType)) {
    throw new OciError('MANIFEST_UNSUPPORTED', `${source.name}@${digest}: ${mediaType} is no manifest`, {
      reference: source.name,
    })
  }
  const raw = await source.getManifest(digest, { signal })
  if (raw.descriptor.size !== size) {
    throw new OciError(
      'SIZE_MISMATCH',
      `manifest ${digest}: expected ${size} bytes, got ${raw.descriptor.size}`,
      {
        reference: source.name,
      },
    )
  }
  if (raw.descriptor.mediaType !== mediaType) {
    throw new OciError(
      'MANIFEST_INVALID',
      `manifest ${digest}: expected ${mediaType}, got ${raw.descriptor.mediaType}`,
      {
        reference: source.name,
      },
    )
  }
  return raw
}

function chosen(
  source: CopySource,
  root: Descriptor,
  children: readonly Descriptor[],
  platforms: readonly Platform[] | undefined,
): readonly Descriptor[] {
  if (platforms === undefined) return children
  for (const wanted of platforms) {
    if (
      !children.some(({ platform }) => platform !== undefined && matchPlatform(wanted, platform, 'strict'))
    ) {
      throw new OciError(
        'MANIFEST_NOT_FOUND',
        `${source.name}@${root.digest}: no image for ${wanted.os}/${wanted.architecture}${wanted.variant ? `/${wanted.variant}` : ''}`,
        { reference: source.name },
      )
    }
  }
  return children.filter(
    ({ platform }) =>
      platform !== undefined && platforms.some((wanted) => matchPlatform(wanted, platform, 'strict')),
  )
}

/** Two manifests may not disagree about a blob: one of them would then name something that is not there. */
function addBlob(blobs: Map<Digest, Descriptor>, blob: Descriptor): void {
  const known = blobs.get(blob.digest)
  if (known !== undefined && known.size !== blob.size) {
    throw new OciError(
      'MANIFEST_INVALID',
      `blob ${blob.digest} is listed with ${known.size} and ${blob.size} bytes`,
      {
        reference: blob.digest,
      },
    )
  }
  if (known === undefined) blobs.set(blob.digest, blob)
}

async function copyBlob(
  source: CopySource,
  target: Repository,
  blob: Descriptor,
  signal: AbortSignal,
  report: (event: CopyEvent) => void,
): Promise<void> {
  signal.throwIfAborted()
  report({ type: 'blob-started', blob })
  const content = source.open(blob, { signal })
  if (isRegistryRepository(target)) {
    const near = isRegistryRepository(source) && source.registry === target.registry
    const mountFrom = near && source.repository !== target.repository ? source.repository : undefined
    const onBytes = (bytes: number): void => report({ type: 'blob-progressed', blob, bytes })
    const outcome = await target.putBlob(blob, content, { signal, mountFrom, onBytes })
    const types = { existing: 'blob-skipped', mounted: 'blob-mounted', uploaded: 'blob-copied' } as const
    report({ type: types[outcome], blob })
  } else if (await target.has(blob, { signal })) {
    report({ type: 'blob-skipped', blob })
  } else {
    await target.write(blob, content, { signal })
    report({ type: 'blob-progressed', blob, bytes: blob.size })
    report({ type: 'blob-copied', blob })
  }
}

async function copyManifest(
  target: Repository,
  manifest: RawManifest,
  signal: AbortSignal,
  report: (event: CopyEvent) => void,
): Promise<void> {
  const there = await target.findManifest(manifest.descriptor.digest, { signal })
  if (there !== undefined && there.descriptor.mediaType === manifest.descriptor.mediaType) {
    report({ type: 'manifest-skipped', manifest: manifest.descriptor })
    return
  }
  await target.putManifest(manifest, { signal })
  report({ type: 'manifest-copied', manifest: manifest.descriptor })
}
