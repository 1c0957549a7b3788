/** A part of a long list. */
export interface Page<T> {
  /** The items of this page, in order. */
  readonly items: readonly T[]
  /** Give it as `cursor` to get what follows; absent at the end. */
  readonly next?: string | undefined
}

/** Which part of a long list is wanted. */
export interface PageOptions {
  /** How many at most, 1 to 1,000. Default 100. */
  readonly limit?: number | undefined
  /** `next` of the page before. Default: from the start. */
  readonly cursor?: string | undefined
}
