import type { Descriptor, Digest, ImageManifest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { createBlobQueue } from './blob-queue.ts'
import { copyBlob, type CopyBlobContext } from './copy-blob.ts'
import type { BlobTally, ManifestRole } from './copy-report.ts'
import type { BlobTap } from './tap-content.ts'
import type { TaskGroup } from './task-group.ts'

/** What a tapped blob is, in the manifest that led to it first. */
export interface TappedBlob {
  /** What the manifest uses it for. */
  readonly kind: 'config' | 'layer'
  /** The manifest that names it. */
  readonly manifest: Descriptor
  /** What that manifest is within the closure. */
  readonly role: ManifestRole
}

/** Chooses the blobs to be read while they are copied. */
export type ChooseTap = (blob: Descriptor, of: TappedBlob) => BlobTap | undefined

/** What {@link createBlobCopier} works with. */
export interface BlobCopierParts extends Omit<CopyBlobContext, 'signal' | 'tap'> {
  readonly group: TaskGroup
  readonly concurrency: number
  readonly tap?: ChooseTap | undefined
}

/** Copies the blobs of manifests, each once. */
export interface BlobCopier {
  copy(manifest: Pick<ImageManifest, 'config' | 'layers'>, of: Descriptor, role: ManifestRole): Promise<void>
  tally(): BlobTally
}

/** Media types of layers that may not be pushed to any registry; the manifest says where to get them. */
const foreign = /^application\/vnd\.(oci\.image\.layer\.nondistributable\.|docker\.image\.rootfs\.foreign\.)/

/** Creates the copier of blobs. */
export function createBlobCopier({ group, concurrency, tap, ...rest }: BlobCopierParts): BlobCopier {
  const queue = createBlobQueue(concurrency)
  const started = new Map<Digest, { readonly size: number; readonly done: Promise<void> }>()
  const left = new Set<Digest>()
  const tally = { copied: 0, mounted: 0, skipped: 0, foreign: 0, bytes: 0 }
  const context: Omit<CopyBlobContext, 'tap'> = {
    ...rest,
    signal: group.signal,
    report(event) {
      if (event.type === 'blob-copied') {
        tally.copied++
        tally.bytes += event.blob.size
      }
      if (event.type === 'blob-mounted') tally.mounted++
      if (event.type === 'blob-skipped') tally.skipped++
      rest.report(event)
    },
  }

  function copyOnce(blob: Descriptor, of: TappedBlob): Promise<void> {
    // Only where this manifest says so: another one may name the same content as a layer like any other.
    if (foreign.test(blob.mediaType) && (blob.urls?.length ?? 0) > 0) {
      if (!left.has(blob.digest)) tally.foreign++
      left.add(blob.digest)
      return Promise.resolve()
    }
    const known = started.get(blob.digest)
    if (known !== undefined && known.size !== blob.size) {
      // One of the manifests would then name something that is not there.
      throw new OciError(
        'MANIFEST_INVALID',
        `blob ${blob.digest} is listed with ${known.size} and ${blob.size} bytes`,
        { reference: blob.digest, side: 'source' },
      )
    }
    if (known !== undefined) return known.done
    const done = group.start(() => {
      const choose = tap === undefined ? undefined : (): BlobTap | undefined => tap(blob, of)
      return queue.run(blob.size, () => copyBlob(blob, { ...context, tap: choose }))
    })
    started.set(blob.digest, { size: blob.size, done })
    return done
  }

  return {
    async copy({ config, layers }, manifest, role) {
      await Promise.all([
        copyOnce(config, { kind: 'config', manifest, role }),
        ...layers.map((layer) => copyOnce(layer, { kind: 'layer', manifest, role })),
      ])
    },
    tally: () => ({ ...tally }),
  }
}
