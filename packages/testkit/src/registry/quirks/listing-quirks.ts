/** How a registry's lists of tags differ. */
export interface ListingQuirks {
  /** Ignore `n` and `last` of tag lists, and list tags unsorted. Default `false`. */
  readonly ignoresPaging: boolean
  /** Order of tags; `oldest-first` is that of their first push. Default `lexical`. */
  readonly tagOrder: 'lexical' | 'oldest-first'
  /** Largest page of a tag list. Default 1000. */
  readonly tagsPageSize: number
  /** What a larger `n` gets: the largest page, or a refusal with this status. Default `clamped`. */
  readonly oversizedPage: 'clamped' | 405 | 413
  /** Leave the first component of the repository out of the `Link` to the next page. Default `false`. */
  readonly linkDropsPrefix: boolean
}

/** As the specification has it. */
export const faithfulListings: ListingQuirks = {
  ignoresPaging: false,
  tagOrder: 'lexical',
  tagsPageSize: 1000,
  oversizedPage: 'clamped',
  linkDropsPrefix: false,
}
