/** How far a build is. */
export type BuildProgress =
  | { readonly type: 'source-reading'; readonly source: string; readonly records: number }
  | { readonly type: 'source-read'; readonly source: string; readonly records: number }
  | { readonly type: 'records-written'; readonly records: number; readonly of: number }
