/** Bounds how many operations run at once; shared by everything that talks to one registry. */
export interface Limiter {
  /**
   * Runs the operation when its turn has come, and settles as it does. Rejects with `signal.reason` when aborted
   * before.
   */
  run<T>(operation: () => Promise<T>, signal?: AbortSignal): Promise<T>
}
