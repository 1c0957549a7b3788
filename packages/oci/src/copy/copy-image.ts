import type { Descriptor } from '@sallyport/core'
import type { Repository } from '../ports/repository.ts'
import type { CopySource } from './copy-blob.ts'
import { createCopyRun, type CopyRunOptions } from './copy-run.ts'

/** Options of {@link copyImage}. */
export type CopyImageOptions = CopyRunOptions

/** What a copy did. */
export interface CopyResult {
  /** What was asked for. */
  readonly root: Descriptor
  /** Every manifest and index that is now in the target, children before parents. */
  readonly manifests: readonly Descriptor[]
  /** Blobs that were sent. */
  readonly blobsCopied: number
  /** Blobs that the target's registry took from another of its repositories. */
  readonly blobsMounted: number
  /** With `existing: 'trust'`, without the blobs of manifests that the target had. */
  readonly blobsSkipped: number
  /** Bytes of the copied blobs. */
  readonly bytesCopied: number
}

/**
 * Copies an image, or an index with its images, by digest: each manifest after what it refers to, the root last. No tag
 * is written or moved. Bytes stay the same; what the target has is not sent, and what it has lost is. Evidence is not part of it: it is for
 * who attaches evidence of their own before anything is tagged. Use `copy` for everything, evidence and tag
 * included; what it says of trust holds here too.
 *
 * @throws {OciError} what reading the source or writing the target throws; `side` says which of them.
 * @throws {OciError} `MANIFEST_UNSUPPORTED` when an index lists something that is no manifest.
 * @throws {OciError} `LIMIT_EXCEEDED` when indexes nest deeper than 4, or there are more than 2,000 manifests or 64 MiB of
 *   them.
 * @throws {OciError} `MANIFEST_NOT_FOUND` when `platforms` names one that the index lacks.
 */
export async function copyImage(
  source: CopySource,
  target: Repository,
  root: Descriptor,
  { existing = 'inspect', ...options }: CopyImageOptions = {},
): Promise<CopyResult> {
  const { group, content, ledger, blobs } = createCopyRun(source, target, {
    ...options,
    existing,
  })
  await group.finish(() =>
    content.store({
      descriptor: root,
      role: 'root',
      mechanisms: ['request'],
      depth: 0,
      distance: 0,
      there: 'ask',
    }),
  )
  const { copied, mounted, skipped, bytes } = blobs.tally()
  return {
    root,
    manifests: ledger.lists().manifests.map(({ descriptor }) => descriptor),
    blobsCopied: copied,
    blobsMounted: mounted,
    blobsSkipped: skipped,
    bytesCopied: bytes,
  }
}
