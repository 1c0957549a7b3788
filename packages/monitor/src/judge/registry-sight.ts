import type { Digest, RawManifest } from '@sallyport/core'

/** What a tag leads to now. */
export interface TagSight {
  readonly digest: Digest
  /** Absent when it can't be read as a manifest. */
  readonly raw?: RawManifest | undefined
  readonly problem?: string | undefined
}

/** What is in a manifest. */
export interface ManifestSight {
  readonly problem?: string | undefined
  readonly subject?: Digest | undefined
  readonly children: readonly Digest[]
  /** A container could be started from it: an image with layers, or an index that leads to something. */
  readonly isRunnable: boolean
}

/** A decision that was verified. */
export interface SeenDecision {
  /** ISO 8601. */
  readonly at?: string | undefined
  /** `registry/repository:tag` that it was for. */
  readonly destination?: string | undefined
}

/** Whether a decision about a digest verifies. `gone`: the manifest itself is not there. */
export type EvidenceSight =
  | {
      readonly state: 'ok'
      readonly decision?: SeenDecision | undefined
      /** The referrers that hold the decision. */
      readonly referrers?: readonly Digest[] | undefined
    }
  | { readonly state: 'missing' | 'invalid' | 'gone'; readonly message: string }
