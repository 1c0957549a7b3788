/** Bounds how many operations run at once; shared by everything that talks to one registry. */
export interface Limiter {
  run<T>(operation: () => Promise<T>, signal?: AbortSignal): Promise<T>
}
