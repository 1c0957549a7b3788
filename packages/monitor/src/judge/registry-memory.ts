import type { Digest } from '@sallyport/core'
import { type BoundedMap, createBoundedMap } from './bounded-map.ts'
import type { EvidenceSight, ManifestSight } from './registry-sight.ts'

/** A decision that verified, and where it was found. */
export interface RecalledDecision {
  readonly sight: EvidenceSight & { readonly state: 'ok' }
  /** `attestation`: under cosign's tag; `referrers`: in the list of referrers. */
  readonly list: 'attestation' | 'referrers'
  readonly manifest: Digest
}

/** What was read in registries and can't change, or is not to be read again at once; for all batches of a monitor. */
export interface RegistryMemory {
  /** What is in manifests, by `place@digest`; whether one is still there is another question. */
  readonly contents: BoundedMap<string, ManifestSight>
  /** Decisions that verified, by `place@digest`. */
  readonly decisions: BoundedMap<string, RecalledDecision & { readonly verifiedAt: number }>
  /** When it was verified who signed a referrer, by `place@subject referrer`. */
  readonly signed: BoundedMap<string, number>
  /** Repositories whose lists of referrers stand under tags. */
  readonly tagged: BoundedMap<string, true>
}

const maxDigests = 100_000
const maxDecisions = 20_000

/** Opens a memory of bounded size. */
export function openRegistryMemory(): RegistryMemory {
  return {
    contents: createBoundedMap<string, ManifestSight>(maxDigests, ({ children }) => 1 + children.length),
    decisions: createBoundedMap(maxDecisions),
    signed: createBoundedMap(maxDecisions),
    tagged: createBoundedMap(maxDecisions),
  }
}

/** Name of a digest of a repository. */
export function nameOf(place: string, digest: Digest): string {
  return `${place}@${digest}`
}
