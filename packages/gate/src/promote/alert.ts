import type { Digest } from '@sallyport/core'

/** Something that somebody has to know at once: an image went into a tier because a person let it through. */
export interface GateAlert {
  /** Names the kind. */
  readonly type: 'break-glass'
  /** `registry/repository:tag` that it is at now. */
  readonly target: string
  /** Digest that was let through. */
  readonly digest: Digest
  /** Tier that it went into. */
  readonly tier: string
  /** Who answers for it. */
  readonly actor: string
  /** Why, in that person's words. */
  readonly justification: string
  /** Whether it would have been stopped. */
  readonly needed: boolean
  /** ISO 8601 time of the decision. */
  readonly at: string
}
