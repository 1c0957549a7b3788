import type { Descriptor } from '@sallyport/core'

/** What happened during a copy. */
export type CopyEvent =
  | { readonly type: 'blob-started'; readonly blob: Descriptor }
  /** Bytes of the blob read so far. */
  | { readonly type: 'blob-progressed'; readonly blob: Descriptor; readonly bytes: number }
  | { readonly type: 'blob-copied'; readonly blob: Descriptor }
  /** The target's registry took the blob from another of its repositories. */
  | { readonly type: 'blob-mounted'; readonly blob: Descriptor }
  /** The target had it. */
  | { readonly type: 'blob-skipped'; readonly blob: Descriptor }
  | { readonly type: 'manifest-copied'; readonly manifest: Descriptor }
  /** The target has it, and with it the blobs that it names. */
  | { readonly type: 'manifest-skipped'; readonly manifest: Descriptor }
  /** The tag is about to be written: from here on it may be there, whatever comes. */
  | { readonly type: 'tag-writing'; readonly tag: string; readonly manifest: Descriptor }
  | { readonly type: 'tag-written'; readonly tag: string; readonly manifest: Descriptor }
