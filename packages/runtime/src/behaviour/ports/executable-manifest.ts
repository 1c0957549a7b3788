import type { Digest } from '@sallyport/core'

/** What the signed image holds: the part of a file manifest that executables are checked against. */
export interface ExecutableManifest {
  /** The regular file that a path leads to in the image, links followed; `undefined` when there is none. */
  find(path: string): { readonly digest?: Digest | undefined } | undefined
}
