import type { Descriptor, Digest } from '@sallyport/core'
import type { LimitFunction } from 'p-limit'
import { OciError } from '../errors.ts'
import type { CosignTag, DiscoveredReferrer, ReferrerDiscovery, Repository } from '../ports/repository.ts'
import { keptManifest } from '../referrers/kept-manifests.ts'
import { atSide } from './at-side.ts'
import type { ClosureEntry } from './closure-entry.ts'
import type { CopySource } from './copy-blob.ts'
import type { ContentCopier } from './copy-content.ts'
import type { CopyLedger } from './copy-ledger.ts'
import { type EvidenceFilter, filterEvidence, type FoundEvidence } from './evidence-filter.ts'
import { namesManifest } from './read-manifest.ts'
import type { TaskGroup } from './task-group.ts'

/** Which evidence `copy` takes along. */
export interface EvidenceOptions extends EvidenceFilter {
  /** Manifests that name what is copied as their subject. Default `true`. */
  readonly referrers?: boolean | undefined
  /** What stands under cosign's tags `sha256-<hex>.sig`, `.att` and `.sbom`. Default `true`. */
  readonly cosignTags?: boolean | undefined
  /**
   * What to do when such a tag stands at another digest in the target. Both may hold signatures that the other lacks, so
   * the default is to `refuse`: `TAG_CONFLICT`, with both digests as `conflict`. `keep` leaves the target's as it is.
   */
  readonly cosignConflict?: 'refuse' | 'keep' | 'overwrite' | undefined
}

/** Where a copy with evidence reads. */
export type EvidenceSource = CopySource & Pick<Repository, 'headManifest' | 'discoverReferrers'>

/** What {@link createEvidenceCopier} works with. */
export interface EvidenceCopierParts {
  readonly source: EvidenceSource
  readonly target: Repository
  readonly group: TaskGroup
  readonly limit: LimitFunction
  readonly ledger: CopyLedger
  readonly content: () => ContentCopier
  readonly options: EvidenceOptions
}

/** A tag to be written when everything else is there. */
export interface PendingTag {
  readonly entry: ClosureEntry
  readonly tag: string
  readonly expected: Digest | 'absent'
}

/** Copies what refers to manifests. */
export interface EvidenceCopier {
  /** Looks for evidence about a manifest in the source and copies it, and then the evidence about that. */
  search(subject: ClosureEntry): void
  /** Tags of cosign whose manifests are ready. */
  readonly tags: readonly PendingTag[]
}

/** Creates the copier of evidence. */
export function createEvidenceCopier(parts: EvidenceCopierParts): EvidenceCopier {
  const { source, target, group, limit, ledger, content, options } = parts
  const { cosignConflict = 'refuse' } = options
  const { signal } = group
  const tags: PendingTag[] = []
  const atSource = <T>(operation: () => Promise<T>): Promise<T> =>
    limit(() => atSide('source', source.name, operation))
  const atTarget = <T>(operation: () => Promise<T>): Promise<T> =>
    limit(() => atSide('target', target.name, operation))

  async function copyEvidence(entry: ClosureEntry): Promise<void> {
    const subject = entry.descriptor.digest
    const found = await atSource(() => source.discoverReferrers(subject, { signal }))
    const { referrersApi, fallbackTag } = found
    ledger.searched.push({ subject, referrersApi, fallbackTag })
    ledger.rejected.push(...found.rejected.map((each) => ({ subject, ...each })))
    const referrers =
      options.referrers === false ? [] : found.referrers.filter((each) => isWanted(subject, each))
    const cosignTags =
      options.cosignTags === false ? [] : found.cosignTags.filter((each) => isWantedTag(subject, each))
    // Only what the target lists, verified, is a referrer there: an earlier copy may have ended between the two steps.
    const there =
      referrers.length === 0 ? undefined : await atTarget(() => target.discoverReferrers(subject, { signal }))
    const listed = new Set(there?.referrers.map(({ descriptor }) => descriptor.digest))
    await Promise.all([
      ...referrers.map((each) =>
        group.start(() => copyReferrer(entry, each, listed.has(each.descriptor.digest))),
      ),
      ...cosignTags.map((each) => group.start(() => copyCosignTag(entry, each, there))),
    ])
  }

  async function copyReferrer(
    subject: ClosureEntry,
    referrer: DiscoveredReferrer,
    there: boolean,
  ): Promise<void> {
    const { descriptor, mechanisms } = referrer
    const raw = keptManifest(referrer)
    const entry: ClosureEntry = { ...above(subject, descriptor), raw, role: 'referrer', mechanisms, there }
    if (there) await content().store(entry)
    else await content().attach(entry)
  }

  async function copyCosignTag(
    subject: ClosureEntry,
    found: CosignTag,
    searched: ReferrerDiscovery | undefined,
  ): Promise<void> {
    const { tag, descriptor: claimed } = found
    const current =
      searched === undefined
        ? await atTarget(() => target.headManifest(tag, { signal }))
        : searched.cosignTags.find((other) => other.tag === tag)?.descriptor
    const role = 'cosign-tag'
    const mechanisms = [role] as const
    if (current?.digest === claimed.digest && namesManifest(claimed)) {
      return content().store({ ...above(subject, claimed), role, mechanisms, there: true })
    }
    const raw = keptManifest(found) ?? (await atSource(() => source.getManifest(tag, { signal })))
    const { descriptor } = raw
    if (current !== undefined && current.digest !== descriptor.digest) {
      const conflict = { tag, source: descriptor.digest, target: current.digest }
      if (cosignConflict === 'refuse') throw refusal(conflict)
      ledger.conflicts.push({ ...conflict, resolution: cosignConflict === 'keep' ? 'kept' : 'overwritten' })
      if (cosignConflict === 'keep') return
    }
    const entry: ClosureEntry = { ...above(subject, descriptor), raw, role, mechanisms, there: false }
    await content().prepare(entry)
    tags.push({ entry, tag, expected: current?.digest ?? 'absent' })
  }

  function refusal(conflict: { tag: string; source: Digest; target: Digest }): OciError {
    const reference = `${target.name}:${conflict.tag}`
    return new OciError(
      'TAG_CONFLICT',
      `${reference} is at ${conflict.target}, the source has it at ${conflict.source}; each may hold signatures that the other lacks: choose with cosignConflict`,
      { reference, side: 'target', conflict },
    )
  }

  function isWanted(subject: Digest, { descriptor, mechanisms }: DiscoveredReferrer): boolean {
    return passes({ subject, descriptor, mechanisms })
  }

  function isWantedTag(subject: Digest, { tag, descriptor }: CosignTag): boolean {
    return passes({ subject, descriptor, tag, mechanisms: ['cosign-tag'] })
  }

  function passes(evidence: FoundEvidence): boolean {
    const reason = filterEvidence(evidence, options)
    if (reason === undefined) return true
    const { subject, descriptor, mechanisms } = evidence
    ledger.filtered.push({ subject, descriptor, mechanisms, reason })
    return false
  }

  return {
    // A failure is the group's.
    search: (entry) => void group.start(() => copyEvidence(entry)),
    tags,
  }
}

function above(
  subject: ClosureEntry,
  descriptor: Descriptor,
): Pick<ClosureEntry, 'descriptor' | 'parent' | 'depth' | 'distance'> {
  return { descriptor, parent: subject.descriptor.digest, depth: 0, distance: subject.distance + 1 }
}
