import { type Digest, isIndexMediaType, type RawManifest } from '@sallyport/core'
import type { Repository } from '../ports/repository.ts'
import { atSide } from './at-side.ts'
import type { ClosureEntry } from './closure-entry.ts'
import type { EvidenceOptions, EvidenceSource } from './copy-evidence.ts'
import type { CopyReport } from './copy-report.ts'
import { createCopyRun, type CopyRunOptions } from './copy-run.ts'
import { type CopyRoot, findRoot } from './find-root.ts'
import { watchRequests } from './watch-requests.ts'

/** Options of {@link copy}. */
export interface CopyOptions extends CopyRunOptions {
  /** Tag or digest of the root at the source. A tag is resolved once. */
  readonly from: string
  /** Tag to be written at the target, after everything else. Default: none, the copy is there by digest only. */
  readonly tag?: string | undefined
  /**
   * What the tag must point to for it to be moved, `absent` for no such tag; see `Repository.putManifest`. A tag that is at
   * the root already is left alone.
   */
  readonly expected?: Digest | 'absent' | undefined
  /** Evidence that goes along; `false` for none. Default: all of it. */
  readonly evidence?: false | EvidenceOptions | undefined
  /**
   * What to do when the target has the root already, as a HEAD on each side says. `skip`: nothing more, two requests in
   * all, unless `platforms`, `existing` or `tapExisting` ask for more. `check-evidence`: look through an index for images
   * that are missing, as after a copy with `platforms`, and for evidence that was attached since. Default: `skip` without
   * evidence; `check-evidence` with it, because a signature or a waiver that came later is why an unchanged image is
   * copied again, and one that stays behind is not noticed.
   */
  readonly unchanged?: 'skip' | 'check-evidence' | undefined
}

/**
 * Copies an image or index with its evidence: children, referrers of each, their referrers, and cosign's tags; each
 * once, by digest, and byte for byte. Every manifest follows what it refers to, its subject included; cosign's tags
 * come when all of it is there, and `tag` is the last thing that is written. After a failure or an abort no tag has
 * moved, unless it was the writing of tags that failed; another call goes on and sends what is missing. Referrers become
 * referrers of the target by its own means: a fallback tag's index is never copied.
 *
 * Use `copyImage` where evidence is attached anew, as in a gate.
 *
 * Trust: bytes are verified, answers to HEAD are not, and only save work. One of the target for a digest is taken to mean
 * that it has that manifest and, for an image, the blobs that it accepted with it (see `existing`). A digest that both
 * sides name for their tag counts as unchanged.
 *
 * @throws {OciError} what reading the source or writing the target throws; `side` says which of them.
 * @throws {OciError} `MANIFEST_NOT_FOUND` when the source lacks the root, or the index a platform of `platforms`.
 * @throws {OciError} `MANIFEST_UNSUPPORTED` when an index lists something that is no manifest.
 * @throws {OciError} `LIMIT_EXCEEDED` when indexes nest deeper than 4, referrers deeper than 8, or there are more than
 *   2,000 manifests or 64 MiB of them.
 * @throws {RangeError} when `concurrency` is no positive integer.
 * @throws {OciError} `TAG_CONFLICT` when the tag is not where it is expected, or a tag of cosign is at another digest.
 */
export async function copy(
  source: EvidenceSource,
  target: Repository,
  options: CopyOptions,
): Promise<CopyReport> {
  const { from, tag, expected, evidence = {} } = options
  const { unchanged = evidence === false ? 'skip' : 'check-evidence' } = options
  const requests = watchRequests(source, target)
  const run = createCopyRun(
    source,
    target,
    options,
    evidence === false ? undefined : { source, options: evidence },
  )
  const { group, content, lookInside } = run
  const { root, entry } = await group.finish(async () => {
    const { signal } = group
    const root = await findRoot(source, target, { from, tag, signal })
    const { digest, mediaType } = root.descriptor
    const isClosed = unchanged === 'skip' && options.platforms === undefined && !lookInside
    // So far it is only what a HEAD says of it.
    const isRead = root.there && !isClosed && (isIndexMediaType(mediaType) || lookInside)
    const raw = isRead
      ? await atSide('source', source.name, () => source.getManifest(digest, { signal }))
      : root.raw
    const entry = toEntry(root, raw)
    if (root.there && isClosed) {
      run.ledger.met(entry)
      run.ledger.written(entry, 'existing')
      run.report({ type: 'manifest-skipped', manifest: root.descriptor })
    } else if (root.there || tag === undefined) await content.store(entry)
    // With the tag the manifest comes too; before it, only if something names it as its subject.
    else await content.prepare(entry)
    return { root, entry }
  })
  await group.finish(async () => {
    await Promise.all(
      run.tags.map((each) => group.start(() => content.tag(each.entry, each.tag, each.expected))),
    )
    if (tag !== undefined && !root.there) await content.tag(entry, tag, expected)
  })
  return {
    version: 1,
    source: source.name,
    target: target.name,
    root: entry.descriptor,
    unchanged: root.there,
    blobs: run.blobs.tally(),
    requests: requests(),
    ...run.ledger.lists(),
  }
}

function toEntry({ descriptor, there }: CopyRoot, raw: RawManifest | undefined): ClosureEntry {
  return {
    descriptor: raw?.descriptor ?? descriptor,
    raw,
    there,
    role: 'root',
    mechanisms: ['request'],
    depth: 0,
    distance: 0,
  }
}
