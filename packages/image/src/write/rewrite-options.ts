import type { Digest } from '@sallyport/core'

/** What `rewriteImage` reports, per layer of the source; a new one on top has the number after theirs. */
export type RewriteProgress =
  | { readonly type: 'layer-kept'; readonly layer: number }
  | { readonly type: 'layer-dropped'; readonly layer: number }
  | { readonly type: 'layer-written'; readonly layer: number; readonly digest: Digest; readonly size: number }
  | { readonly type: 'verified' }

/** Options of `rewriteImage`. */
export interface RewriteOptions {
  /** Folder in which the result's own folder is made. Default the system's folder for temporary files. */
  readonly directory?: string | undefined
  /** Compression of layers that are written anew. Default `keep`: that of the layer before. */
  readonly compression?: 'gzip' | 'zstd' | 'keep' | undefined
  /** gzip 0 to 9, default 6; zstd 1 to 22, default 3. */
  readonly level?: number | undefined
  /**
   * Whether one layer takes everything, instead of each its own. Lines of history stay, as lines without a layer.
   * Default false.
   */
  readonly squash?: boolean | undefined
  /** Ends the work; the promise rejects with `signal.reason`, and what was written is deleted. */
  readonly signal?: AbortSignal | undefined
  /** Sees how far the layers are. */
  readonly onProgress?: ((event: RewriteProgress) => void) | undefined
}
