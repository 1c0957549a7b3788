import { resolve } from 'node:path'
import { type BlobOptions, type Descriptor, type Digest } from '@sallyport/core'
import { giveUpContent, verifyChunks } from '../blob/verified-content.ts'
import { createKeyedMutex } from '../internal/keyed-mutex.ts'
import type { Repository } from '../ports/repository.ts'
import { checkManifest } from './check-manifest.ts'
import { checkMove } from './check-move.ts'
import { childrenToUnlist } from './children-to-unlist.ts'
import { collectLayoutGarbage, type CollectGarbageOptions, type GarbageReport } from './collect-garbage.ts'
import { forgetReferrer } from './forget-referrer.ts'
import {
  checkLayoutFile,
  createLayoutFiles,
  createLayoutFolders,
  hasLayoutFiles,
  invalid,
  readBlobFile,
  readIndexFile,
  removeBlobFile,
  statBlob,
  writeBlobFile,
  writeIndexFile,
} from './layout-files.ts'
import {
  addEntry,
  formatLayoutIndex,
  type LayoutIndex,
  parseLayoutIndex,
  removeEntries,
  removeTag,
} from './layout-index.ts'
import { createLayoutReader } from './layout-reader.ts'
import { withIndexLock } from './lock-index.ts'
import { singleChunk } from '../internal/single-chunk.ts'

/** Options of {@link openLayout}. */
export interface OpenLayoutOptions extends BlobOptions {
  /** Make an empty layout when the folder is none yet. Default `false`. */
  readonly create?: boolean | undefined
  /** How long a change of `index.json` waits for another writer, in milliseconds. Default 60,000. */
  readonly lockWaitMs?: number | undefined
}

/** A repository in a folder. */
export interface LayoutRepository extends Repository {
  /** Absolute path of the folder. */
  readonly directory: string
  /** What `index.json` lists, tags as `org.opencontainers.image.ref.name` annotations. */
  listEntries(options?: BlobOptions): Promise<readonly Descriptor[]>
  /** Takes a tag away. Its manifest stays, untagged. `false` when there was no such tag. */
  deleteTag(tag: string, options?: BlobOptions): Promise<boolean>
  /**
   * Deletes a manifest with its tags, and its entry in the fallback tag's index when it is a referrer. An index
   * that names it is left as it is. Blobs stay until {@link collectGarbage}. `false` when there was no such manifest.
   */
  deleteManifest(digest: Digest, options?: BlobOptions): Promise<boolean>
  /**
   * Removes the blobs that nothing listed in `index.json` leads to. What names a digest keeps it: indexes, manifests,
   * referrers, cosign's tags; so do manifests whose subject is kept. No other writer may be at work on this layout,
   * except that blobs younger than `minimumAgeMs` are left alone.
   */
  collectGarbage(options?: CollectGarbageOptions): Promise<GarbageReport>
}

/** One change at a time within the process; the lock file keeps other processes out. */
const changes = createKeyedMutex()

/**
 * Opens a folder in the form of the OCI image layout (OCI image specification, image-layout.md). Blobs are written
 * beside their place, verified, and then renamed; `index.json` likewise. Several processes may write to one layout: a
 * lock file lets one of them change `index.json` at a time. Other tools know nothing of it.
 *
 * @throws {OciError} `LAYOUT_INVALID` when the folder is no layout.
 * @throws {OciError} `LAYOUT_UNREADABLE`, `LAYOUT_UNWRITABLE` when the file system refuses, here and in each method.
 */
export async function openLayout(
  directory: string,
  { create = false, lockWaitMs, signal }: OpenLayoutOptions = {},
): Promise<LayoutRepository> {
  signal?.throwIfAborted()
  const root = resolve(directory)
  const readIndex = async (): Promise<LayoutIndex> =>
    parseLayoutIndex(await readIndexFile(root), (reason, cause) => invalid(root, reason, cause))
  const locked = <T>(
    operation: (checkHeld: () => Promise<void>) => Promise<T>,
    inner: AbortSignal | undefined,
  ): Promise<T> =>
    changes.run(root, () => withIndexLock(root, operation, { waitMs: lockWaitMs, signal: inner }))
  /** Changes the index, unless `change` returns it as it was. */
  const update = (
    change: (index: LayoutIndex) => LayoutIndex | Promise<LayoutIndex>,
    inner: AbortSignal | undefined,
  ): Promise<boolean> =>
    locked(async (checkHeld) => {
      const index = await readIndex()
      const changed = await change(index)
      if (changed === index) return false
      await writeIndexFile(root, formatLayoutIndex(changed), checkHeld)
      return true
    }, inner)

  if (create) {
    await createLayoutFolders(root)
    if (!(await hasLayoutFiles(root))) await locked(() => createLayoutFiles(root), signal)
  }
  await checkLayoutFile(root)
  await readIndex()
  const reader = createLayoutReader({
    name: root,
    readIndex,
    statBlob: (digest) => statBlob(root, digest),
    readBlob: (digest, offset, inner) => readBlobFile(root, digest, offset, inner),
  })

  const layout: LayoutRepository = {
    ...reader,
    directory: root,
    async putManifest(manifest, { tag, expected, signal: inner } = {}) {
      inner?.throwIfAborted()
      const entry = checkManifest(root, manifest, tag)
      const children = await childrenToUnlist(manifest, reader.findManifest, inner)
      await update(async (index) => {
        if (tag !== undefined) checkMove(root, index, tag, entry.digest, expected)
        // Under the lock: nobody may delete it between here and its entry.
        await writeBlobFile(root, entry.digest, singleChunk(manifest.bytes), inner)
        return addEntry(index, entry, tag, new Set(children.map(({ digest }) => digest)))
      }, inner)
    },
    async write(blob, content, { signal: inner } = {}) {
      if (await reader.has(blob, { signal: inner })) return giveUpContent(content)
      await writeBlobFile(root, blob.digest, verifyChunks(blob, content), inner)
    },
    async deleteTag(tag, { signal: inner } = {}) {
      inner?.throwIfAborted()
      return update((index) => removeTag(index, tag), inner)
    },
    async deleteManifest(digest, { signal: inner } = {}) {
      const manifest = await reader.findManifest(digest, { signal: inner })
      if (manifest === undefined) return false
      await forgetReferrer(layout, manifest, { signal: inner })
      await locked(async (checkHeld) => {
        await writeIndexFile(root, formatLayoutIndex(removeEntries(await readIndex(), digest)), checkHeld)
        await removeBlobFile(root, digest)
      }, inner)
      return true
    },
    collectGarbage: (options = {}) =>
      locked((checkHeld) => collectLayoutGarbage(root, readIndex, checkHeld, options), options.signal),
  }
  return layout
}
