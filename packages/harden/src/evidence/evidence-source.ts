import type { Digest } from '@sallyport/core'

/** A recording: a text, or a stream of it, such as a file that is read or the output of a program. */
export type EvidenceSource = string | Uint8Array | AsyncIterable<string | Uint8Array>

/** Which container's events are taken from a recording of many. All that is given must match. */
export interface ContainerSelection {
  /** Namespace of its pod. */
  readonly namespace?: string | undefined
  /** Name of its pod. */
  readonly pod?: string | undefined
  /** Name of the container. */
  readonly name?: string | undefined
  /** Its id, or the beginning of it. */
  readonly id?: string | undefined
  /** Number of its mount namespace. */
  readonly mountNamespace?: number | undefined
}

/** Options of all readers of recordings. */
export interface ReadEvidenceOptions {
  /**
   * Digests of the image that was traced, for a recording that does not tell. Of a recording that does, events of
   * other images are left out.
   */
  readonly images?: readonly Digest[] | undefined
  /**
   * `complete` says that all that the image is for was done while it was recorded. Default `partial`. A recording
   * that lost events, or can't see everything, stays `partial`.
   */
  readonly coverage?: 'complete' | 'partial' | undefined
  /** When the recording began (RFC 3339), for a recording without times. */
  readonly from?: string | undefined
  /** When it ended. */
  readonly to?: string | undefined
  /**
   * Folders of the machine that were the container's root, such as an overlay's `merged` folder or a chroot. Given,
   * only paths below one of them count. Default: paths are the container's own, below known folders of runtimes or not.
   */
  readonly roots?: readonly string[] | undefined
  /** Which container's events count. Default: all, which must be of one image. */
  readonly container?: ContainerSelection | undefined
  /** Bounds on the recording. */
  readonly limits?: EvidenceLimits | undefined
  /** Ends the reading; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** Bounds on a recording. */
export interface EvidenceLimits {
  /** Default 8 GiB. */
  readonly maxBytes?: number | undefined
  /** Longest line, in bytes. Default 1 MiB. */
  readonly maxLineBytes?: number | undefined
  /** Most different paths. Default 500,000. */
  readonly maxPaths?: number | undefined
  /** Largest recording that is one document (kubescape, mint), in bytes. Default 64 MiB. */
  readonly maxDocumentBytes?: number | undefined
}
