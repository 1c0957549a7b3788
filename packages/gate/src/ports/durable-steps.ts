/** A value that JSON holds without loss. */
export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json | undefined }

/**
 * Runs the steps of one promotion so that each is done once: what a step returned before a crash is returned again
 * instead of running it once more. A step that was under way runs again, so each of them leaves the same behind however
 * often it runs.
 */
export interface DurableSteps {
  /** `name` is unique in the promotion. The value is small: digests and counts, no content. */
  run<T extends Json | void>(name: string, work: (signal: AbortSignal | undefined) => Promise<T>): Promise<T>
}
