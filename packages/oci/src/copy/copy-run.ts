import type { Platform } from '@sallyport/core'
import pLimit from 'p-limit'
import type { Repository } from '../ports/repository.ts'
import type { ClosureEntry } from './closure-entry.ts'
import type { CopyBlobOptions, CopySource } from './copy-blob.ts'
import { type BlobCopier, type ChooseTap, createBlobCopier } from './copy-blobs.ts'
import { type ContentCopier, createContentCopier } from './copy-content.ts'
import type { CopyEvent } from './copy-event.ts'
import { type CopyLedger, createCopyLedger } from './copy-ledger.ts'
import {
  createEvidenceCopier,
  type EvidenceOptions,
  type EvidenceSource,
  type PendingTag,
} from './copy-evidence.ts'
import { createTaskGroup, type TaskGroup } from './task-group.ts'

/** Options that the copy of an image and that of its closure share. */
export interface CopyRunOptions {
  /**
   * Copy only these platforms of an index, compared after normalisation. The index itself keeps its bytes and digest, so
   * a target that checks for missing manifests refuses it. Default: all.
   */
  readonly platforms?: readonly Platform[] | undefined
  /** Ends the copy; content that has arrived stays in the target, and no tag has moved. */
  readonly signal?: AbortSignal | undefined
  /** Is told of each step as it happens. Must not throw. Default: nobody is told. */
  readonly onProgress?: ((event: CopyEvent) => void) | undefined
  /**
   * Blobs of more than 1 MiB in transfer at once, the largest first; of smaller ones, and of requests for manifests, up to
   * twice as many go beside them. Default 4.
   */
  readonly concurrency?: number | undefined
  /**
   * Reads blobs while they are copied: answer a function that reads the content, or `undefined` for blobs that need not
   * be read. The transfer keeps the pace of the reader, so a reader must not wait for another blob. What it rejects with
   * ends the copy before the blob is complete at the target. The content is what is copied only if it ends without an
   * error; a transfer that is repeated asks again for a reader. Default: none.
   */
  readonly tap?: ChooseTap | undefined
  /** Also read for `tap` what the target has already. Default `false`. */
  readonly tapExisting?: boolean | undefined
  /**
   * What to think of a manifest that the target says it has. `trust`: its blobs are there too, as when it was accepted.
   * `inspect`: look for each of them, and bring what a registry has lost since. Default: `trust` in `copy`, `inspect` in
   * `copyImage`, which a gate repeats after its verification found something missing.
   */
  readonly existing?: 'trust' | 'inspect' | undefined
  /** Handed on with each blob that is written to a registry. */
  readonly blobOptions?: CopyBlobOptions | undefined
}

/** One copy: its parts, wired. */
export interface CopyRun {
  readonly group: TaskGroup
  readonly ledger: CopyLedger
  readonly blobs: BlobCopier
  readonly content: ContentCopier
  readonly report: (event: CopyEvent) => void
  /** Whether manifests that the target has are looked into. */
  readonly lookInside: boolean
  /** Tags of cosign that are still to be written. */
  readonly tags: readonly PendingTag[]
}

/** Evidence to be looked for, and where. */
interface EvidencePlan {
  readonly source: EvidenceSource
  readonly options: EvidenceOptions
}

/** Prepares a copy; nothing is sent yet. */
export function createCopyRun(
  source: CopySource,
  target: Repository,
  options: CopyRunOptions,
  evidence?: EvidencePlan,
): CopyRun {
  const { platforms, signal, onProgress: report = () => {}, concurrency = 4 } = options
  const { tap, tapExisting = false, existing = 'trust', blobOptions } = options
  const group = createTaskGroup(signal)
  const ledger = createCopyLedger()
  const tapsAll = tap !== undefined && tapExisting
  const lookInside = tapsAll || existing === 'inspect'
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new RangeError(`concurrency must be a positive integer, not ${concurrency}`)
  }
  const limit = pLimit(concurrency * 2)
  const shared = { source, target, group, limit, ledger, report }
  const blobs = createBlobCopier({
    ...shared,
    concurrency,
    tap,
    tapExisting: tapsAll,
    options: blobOptions,
  })
  const search = evidence && createEvidenceCopier({ ...shared, ...evidence, content: () => content })
  const content: ContentCopier = createContentCopier({
    ...shared,
    blobs,
    platforms,
    lookInside,
    withDocuments: evidence !== undefined && evidence.options.referrers !== false,
    onEntry: (entry: ClosureEntry) => search?.search(entry),
  })
  return { group, ledger, blobs, content, report, lookInside, tags: search?.tags ?? [] }
}
