import { type BlobOptions, type Digest, isIndexMediaType } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { parseIndex } from '../manifest/parse-manifest.ts'
import type { Repository } from '../ports/repository.ts'
import type { LayoutIndex } from './layout-index.ts'

/** Knows which manifests a layout holds, as opposed to blobs that merely look like one. */
export interface ListedManifests {
  /** Whether `index.json` lists the manifest, or an index that it leads to does. */
  has(digest: Digest, options?: BlobOptions): Promise<boolean>
}

/** More than this is not gone through: who is told `false` only does some work again. */
const maxManifests = 10_000

/**
 * The manifests that something lists. One that lies there unlisted was left by a writer that was killed, or is what an
 * index that is gone was made of: no reader of the layout finds it, and its blobs may be gone.
 */
export function createListedManifests({
  readIndex,
  findManifest,
}: {
  readonly readIndex: () => Promise<LayoutIndex>
  readonly findManifest: Repository['findManifest']
}): ListedManifests {
  /** What an index lists never changes. */
  const known = new Map<Digest, readonly Digest[]>()

  async function childrenOf(digest: Digest, options: BlobOptions): Promise<readonly Digest[]> {
    const children = known.get(digest)
    if (children !== undefined) return children
    try {
      const raw = await findManifest(digest, options)
      const isIndex = raw !== undefined && isIndexMediaType(raw.descriptor.mediaType)
      const found = isIndex ? parseIndex(raw).manifests.map((child) => child.digest) : []
      // One that is not there may come yet.
      if (raw !== undefined) known.set(digest, found)
      return found
    } catch (error) {
      // What can't be read leads nowhere.
      if (error instanceof OciError && error.code !== 'LAYOUT_UNREADABLE') return []
      throw error
    }
  }

  return {
    async has(digest, options = {}) {
      const pending = (await readIndex()).entries.map(({ descriptor }) => descriptor.digest)
      const seen = new Set(pending)
      if (seen.has(digest)) return true
      for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
        options.signal?.throwIfAborted()
        for (const child of await childrenOf(next, options)) {
          if (child === digest) return true
          if (seen.has(child) || seen.size >= maxManifests) continue
          seen.add(child)
          pending.push(child)
        }
      }
      return false
    },
  }
}
