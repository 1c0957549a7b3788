/** How a registry's authentication and its answers in general differ. */
export interface AccessQuirks {
  /** The challenge's scope: what the request needs, nothing, or `*`. Default `needed`. */
  readonly challengeScope: 'needed' | 'none' | 'wildcard'
  /** Offer `Basic` after `Bearer` in the same header field, and take both. Default `false`. */
  readonly offersBasicBesideBearer: boolean
  /** What a token with too few scopes gets: 401 with a challenge, or 403 without one. Default `challenge`. */
  readonly insufficientScope: 'challenge' | 'forbidden'
  /** How many of the asked scopes the token service looks at. Default all. */
  readonly maxTokenScopes: number
  /** Give tokens to POST. `false`: 405. Default `true`. */
  readonly tokenPost: boolean
  /** Set session cookies, and refuse every write that brings one back with 403. Default `false`. */
  readonly sessionCookies: boolean
  /** Bytes of header fields added to each answer. Default 0. */
  readonly extraHeaderBytes: number
  /** Texts to send as `Warning: 299`. Default none. */
  readonly warnings: readonly string[]
}

/** As the specification has it. */
export const faithfulAccess: AccessQuirks = {
  challengeScope: 'needed',
  offersBasicBesideBearer: false,
  insufficientScope: 'challenge',
  maxTokenScopes: Number.POSITIVE_INFINITY,
  tokenPost: true,
  sessionCookies: false,
  extraHeaderBytes: 0,
  warnings: [],
}
