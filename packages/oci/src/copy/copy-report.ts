import type { Descriptor, Digest } from '@sallyport/core'
import type { TagDigests } from '../errors.ts'
import type { RequestCount } from '../http/request-counts.ts'
import type { ReferrerDiscovery, RejectedReferrer } from '../ports/repository.ts'
import type { EvidenceMechanism, filterEvidence } from './evidence-filter.ts'

/** What a manifest is within the closure, as it was first met. */
export type ManifestRole = 'root' | 'child' | 'referrer' | 'cosign-tag'

/** How a manifest was found: as what was asked for, in an index, or as evidence. */
export type ManifestMechanism = 'request' | 'index' | EvidenceMechanism

/** A manifest or index of the closure. */
export interface CopiedManifest {
  /** The manifest. */
  readonly descriptor: Descriptor
  /** What it is within the closure. */
  readonly role: ManifestRole
  /** What it is evidence about, or the index that lists it. */
  readonly parent?: Digest | undefined
  /** All that led to it, from whichever parent. */
  readonly mechanisms: readonly ManifestMechanism[]
  /** `existing`: the target had it. */
  readonly outcome: 'copied' | 'existing'
}

/** What happened to blobs, each counted once. */
export interface BlobTally {
  /** Sent to the target. */
  readonly copied: number
  /** Taken by the target's registry from another of its repositories; nothing was sent. */
  readonly mounted: number
  /** The target had them. Blobs of manifests that it had are counted only if they were looked at. */
  readonly skipped: number
  /** Layers that may not be distributed and are to be had at their own URLs. */
  readonly foreign: number
  /** Bytes of those that were copied. */
  readonly bytes: number
}

/**
 * Requests of both sides by host and method: repetitions, redirects and sign-ins included, and whatever else was asked of
 * the same repository objects meanwhile. Empty for what is no registry; all are the source's where one object is both.
 */
export interface CopyRequests {
  /** For the repository that was read. */
  readonly source: readonly RequestCount[]
  /** For the repository that was written to. */
  readonly target: readonly RequestCount[]
}

/** What was copied, what was found by which mechanism, and what was left out. Plain data: fit for `JSON.stringify`. */
export interface CopyReport {
  /** Version of this form; fields may be added within one. */
  readonly version: 1
  /** Name of the repository that was read. */
  readonly source: string
  /** Name of the repository that was written to. */
  readonly target: string
  /** What was asked for, by digest. */
  readonly root: Descriptor
  /** The target had the root when the copy began, under the tag if one was given. */
  readonly unchanged: boolean
  /** Every manifest and index of the closure that is now at the target, each after those that it refers to. */
  readonly manifests: readonly CopiedManifest[]
  /** What happened to configs and layers. */
  readonly blobs: BlobTally
  /** What the copy asked of the registries. */
  readonly requests: CopyRequests
  /** Tags that were written, in order. */
  readonly tags: readonly { readonly tag: string; readonly digest: Digest }[]
  /** Where evidence was looked for, and what the source answered. */
  readonly searched: readonly SearchedSubject[]
  /** What was listed as a referrer and is none. */
  readonly rejected: readonly (RejectedReferrer & { readonly subject: Digest })[]
  /** Evidence that the filter left behind, with all that refers to it. */
  readonly filtered: readonly FilteredEvidence[]
  /** Tags of cosign that stood at another digest in the target, and what was done about it. */
  readonly conflicts: readonly (TagDigests & { readonly resolution: 'kept' | 'overwritten' })[]
}

/**
 * A search for evidence. An API that answers other than `listed` or `missing`, and a fallback tag that is `foreign`, tell
 * of a source that may have more than it shows.
 */
export type SearchedSubject = Pick<ReferrerDiscovery, 'subject' | 'referrersApi' | 'fallbackTag'>

/** Evidence that stayed behind. */
export interface FilteredEvidence {
  /** What it is about. */
  readonly subject: Digest
  /** The evidence itself. */
  readonly descriptor: Descriptor
  /** Every place that listed it. */
  readonly mechanisms: readonly EvidenceMechanism[]
  /**
   * `not-included`: fits no rule of `include`; `excluded`: fits one of `exclude`; `not-accepted`: `accept` answered
   * `false`.
   */
  readonly reason: NonNullable<ReturnType<typeof filterEvidence>>
}
