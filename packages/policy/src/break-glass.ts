/** Somebody lets an image through that the policy stops, and answers for it. */
export interface BreakGlass {
  /** Why it can't wait; at least 10 characters. */
  readonly justification: string
  /** Who decides so. */
  readonly actor: string
  /** ISO 8601 instant until when it may be used, exclusive. */
  readonly expires: string
  /** Name of a ticket about it, such as `INC-4711`. */
  readonly ticket?: string | undefined
}
