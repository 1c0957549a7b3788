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
  /**
   * `name` is unique in the promotion. The value is small and of JSON: digests and counts, no content.
   *
   * `revive` is for engines that go on with a promotion that failed, after any time: it gives what to use instead of
   * running the step again, or `undefined` when what the step left behind does not hold any more. An engine that replays
   * a workflow which never ended may leave it aside: the steps after it verify what they rest on.
   */
  run<T>(
    name: string,
    work: (signal: AbortSignal | undefined) => Promise<T>,
    revive?: (earlier: T) => Promise<T | undefined>,
  ): Promise<T>
}
