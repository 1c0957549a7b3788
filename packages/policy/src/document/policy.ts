import type { Digest } from '@sallyport/core'
import type { EffectiveTier } from './tier.ts'

/** A policy document, read and checked. Made by `parsePolicy` and `definePolicy`; immutable. */
export interface Policy {
  /** File name or URI, for messages and for the decision. */
  readonly source: string
  /** Digest of the document's bytes; of its canonical JSON when it was written in TypeScript. */
  readonly digest: Digest
  /** The tiers by name, each with everything that it inherits. */
  readonly tiers: ReadonlyMap<string, EffectiveTier>
}
