import type { Descriptor } from '@sallyport/core'
import type { RegistryRepository, Repository } from '@sallyport/oci'
import { isRegistryRepository } from '@sallyport/oci'

/** What one promotion of a batch asks and tells an {@link UploadIndex}. */
export interface UploadClaims {
  /**
   * A repository of the same registry that has the blob; waits while another promotion sends it. `undefined`: nobody has,
   * and who asked is to send it.
   */
  claim(target: RegistryRepository, blob: Descriptor): Promise<string | undefined>
  /** The blob is in the repository now. */
  settle(target: Repository, blob: Descriptor): void
  /** Gives up what was claimed and did not arrive; who waits for it sends it. */
  close(): void
}

/** Remembers which repository has which blob, so that a batch sends each to a registry once. */
export interface UploadIndex {
  /** Opens the claims of one batch or promotion; close them when it ends. */
  open(): UploadClaims
}

/** Makes an {@link UploadIndex} for one batch. */
export function createUploadIndex(): UploadIndex {
  const places = new Map<string, string>()
  const pending = new Map<string, PromiseWithResolvers<void>>()
  const keyOf = ({ registry }: RegistryRepository, { digest }: Descriptor) => `${registry} ${digest}`
  return {
    open() {
      const mine = new Set<string>()
      const release = (key: string) => {
        if (!mine.delete(key)) return
        pending.get(key)?.resolve()
        pending.delete(key)
      }
      return {
        async claim(target, blob) {
          const key = keyOf(target, blob)
          // Who is waited for is sending at this moment, and waits for nobody: so this ends.
          for (let other = pending.get(key); other && !mine.has(key); other = pending.get(key))
            await other.promise
          const place = places.get(key)
          if (place !== undefined) return place === target.repository ? undefined : place
          pending.set(key, Promise.withResolvers<void>())
          mine.add(key)
          return undefined
        },
        settle(target, blob) {
          if (!isRegistryRepository(target)) return
          const key = keyOf(target, blob)
          if (!places.has(key)) places.set(key, target.repository)
          release(key)
        },
        close() {
          for (const key of mine) release(key)
        },
      }
    },
  }
}
