import type { LayerIndex } from '@sallyport/image'

/** What an examiner found in a file, or why it found nothing. */
export type Examination =
  | { readonly kind: 'found'; readonly value: unknown }
  /** The content is broken: the examiner threw a `SyntaxError`. */
  | { readonly kind: 'broken'; readonly message: string }
  /** The content was not examined to its end, because of a limit. */
  | { readonly kind: 'limited'; readonly message: string }

/** All that an inventory needs to know of one layer. Files are named by the position of their entry. */
export interface LayerFacts {
  /** Bytes of the uncompressed tar. */
  readonly tarBytes: number
  /** Bytes that contents and examinations take, roughly. */
  readonly heldBytes: number
  readonly index: LayerIndex
  /** Content of the files that readers selected; `undefined` for one that was wanted and is beyond the limits. */
  readonly contents: ReadonlyMap<number, Uint8Array | undefined>
  /** Results by the name of the examiner. */
  readonly examinations: ReadonlyMap<string, ReadonlyMap<number, Examination>>
}
