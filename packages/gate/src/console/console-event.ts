/** What happened at a review console; holds no secret. */
export type ConsoleEvent =
  | { readonly type: 'signed-in'; readonly reviewer: string }
  | { readonly type: 'sign-in-refused'; readonly remoteAddress: string | undefined }
  | {
      readonly type: 'approved'
      readonly id: string
      readonly reviewer: string
      /** ISO 8601 instant, exclusive. */
      readonly expires: string
    }
  | { readonly type: 'rejected'; readonly id: string; readonly reviewer: string }
  /** Something was asked for wrongly, or by whom it may not be. */
  | { readonly type: 'request-refused'; readonly status: number; readonly reason: string }
  /** A store, a key or the console itself failed. */
  | { readonly type: 'request-failed'; readonly status: number; readonly error: unknown }
