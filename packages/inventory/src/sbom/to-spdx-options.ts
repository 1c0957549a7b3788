/** Options of `toSpdx`. */
export interface ToSpdxOptions {
  /** Name of the image, e.g. `registry.example/team/app`. */
  readonly name: string
  /** Time of the document. */
  readonly timestamp: Date
  /** Who made the document. */
  readonly tool: { readonly name: string; readonly version: string }
  /** `2.3`, which more tools read (default), or `3.0`, which is 3.0.1 as JSON-LD. */
  readonly version?: '2.3' | '3.0' | undefined
  /**
   * URI of the document, without a fragment. Default: below `https://sallyport.dev/spdx/`, derived from all the rest of
   * the document, so that equal input gives equal bytes.
   */
  readonly namespace?: string | undefined
}
