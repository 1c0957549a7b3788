import type { Digest } from '@sallyport/core'

/** Something that somebody has to know at once: an image went into a tier because a person let it through. */
export interface GateAlert {
  readonly type: 'break-glass'
  /** `registry/repository:tag` that it is at now. */
  readonly target: string
  readonly digest: Digest
  readonly tier: string
  readonly actor: string
  readonly justification: string
  /** Whether it would have been stopped. */
  readonly needed: boolean
  /** ISO 8601 time of the decision. */
  readonly at: string
}
