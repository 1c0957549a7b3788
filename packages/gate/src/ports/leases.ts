/** Sees to it that one promotion is not run by two workers at once. A courtesy: what is safe, the target's own state makes safe. */
export interface Leases {
  /**
   * Takes the lease of a resource, such as `registry/repository:tag`, or resolves with `undefined` while another holds it.
   * It ends with the process that holds it, however that ends.
   */
  acquire(resource: string): Promise<AsyncDisposable | undefined>
}
