import type { Digest } from '@sallyport/core'
import type { EffectiveTier } from './tier.ts'

/** A parsed policy document. Made by `parsePolicy`; immutable. */
export interface Policy {
  /** File name or URI, for messages and for the decision. */
  readonly source: string
  /** Digest of the document's bytes. */
  readonly digest: Digest
  readonly tiers: ReadonlyMap<string, EffectiveTier>
}
