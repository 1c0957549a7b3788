import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'

/** What was done about an alert, or why not. */
export interface ResponseNote {
  /** Id of the alert. */
  readonly alert: string
  /** Which one. */
  readonly response: 'quarantine' | 'move-tag-back'
  /** Whether it was. */
  readonly done: boolean
  /** What was done, or why not. */
  readonly message: string
  /** That the alert is about. */
  readonly digest?: Digest | undefined
}

/** What to do about unauthorised pushes. Each is off unless it is given, and done at most once for an alert. */
export interface Responses {
  /**
   * Copies what was pushed to a repository of its own, under the tag `alert-<id>`, for whoever looks into it. Nothing is
   * deleted. Gives the repository for an alert's `registry/repository`; it must not be watched. When the monitor is made
   * it is asked for each of `watch`, with `example` in place of `*`.
   */
  readonly quarantine?: ((place: string) => Repository) | undefined
  /**
   * Moves the tag back to the digest of the latest promotion, if its decision is valid now, nobody promotes to the tag,
   * and the tag is still where the alert says. Gives the repository to write to; the identity that writes is to be one of
   * `gateActors`, or it raises an alert itself.
   */
  readonly moveTagBack?: ((place: string) => Repository) | undefined
  /** Sees what was done, or why not. */
  readonly onResponse?: ((note: ResponseNote) => void) | undefined
}
