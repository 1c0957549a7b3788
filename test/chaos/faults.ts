/** One request as it passes the proxy. */
export interface PassingRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
}

/** What the proxy does to one request. */
export type Fault =
  | { readonly type: 'status'; readonly status: number; readonly retryAfter?: string | undefined }
  /** Passes on this many bytes of the request's body, then ends both connections. */
  | { readonly type: 'cut-request'; readonly afterBytes: number }
  /** The registry answers; the client gets this many bytes of the body, then the connection ends. */
  | { readonly type: 'cut-response'; readonly afterBytes: number }
  /** The answer's body comes in pieces of this many bytes, with pauses. */
  | { readonly type: 'drip'; readonly bytes: number; readonly pauseMs: number }
  /** The client is told that it was stored, and the registry never hears of it. */
  | { readonly type: 'not-stored' }
  /** One byte of the answer's body is another. */
  | { readonly type: 'other-bytes' }
  /** A referrer is stored, and the blob that it is about is gone again before anybody looks. */
  | { readonly type: 'lost' }
  /** It is said to be there, whether or not it is. */
  | { readonly type: 'claimed' }
  /** Ends the promotion's process: before the registry hears of the request, or before the client hears of the answer. */
  | { readonly type: 'kill'; readonly when: 'before' | 'after' }

const isWrite = (method: string): boolean => method === 'PUT' || method === 'POST' || method === 'PATCH'
const digestOf = (url: string): string | undefined =>
  /(?:\/|digest=)(sha256(?::|%3A)[0-9a-f]{64})/.exec(url)?.[1]

/** The ways in which a target lies. */
export const lies = [
  'manifests not stored',
  'blobs not stored',
  'tags not stored',
  'evidence lost',
  'other manifests',
  'other blobs',
  'HEAD only',
] as const

/** The faults a network has; each request has its share of them. */
export const troubles = ['cut connections', '429', '5xx', 'slow drip'] as const

/** What a liar does to a request. */
export function lieAbout(lie: (typeof lies)[number], { method, url }: PassingRequest): Fault | undefined {
  const manifest = /\/manifests\/(?<reference>[^/?]+)/.exec(url)?.groups?.['reference']
  switch (lie) {
    case 'manifests not stored':
      return method === 'PUT' && manifest?.startsWith('sha256:') ? { type: 'not-stored' } : undefined
    case 'blobs not stored':
      return isWrite(method) && url.includes('digest=sha256') ? { type: 'not-stored' } : undefined
    case 'tags not stored':
      return method === 'PUT' && manifest !== undefined && !manifest.startsWith('sha256:')
        ? { type: 'not-stored' }
        : undefined
    case 'evidence lost':
      return method === 'PUT' && manifest?.startsWith('sha256:') ? { type: 'lost' } : undefined
    case 'other manifests':
      return method === 'GET' && manifest !== undefined ? { type: 'other-bytes' } : undefined
    case 'other blobs':
      return method === 'GET' && url.includes('/blobs/sha256') ? { type: 'other-bytes' } : undefined
    case 'HEAD only':
      return method === 'HEAD' && digestOf(url) !== undefined ? { type: 'claimed' } : undefined
  }
}

/** What a troubled network does to a request; `roll` and `size` are numbers from 0 to 1. */
export function troubleWith(
  trouble: (typeof troubles)[number],
  { method }: PassingRequest,
  roll: number,
  size: number,
): Fault | undefined {
  if (roll > 0.12) return undefined
  switch (trouble) {
    case 'cut connections':
      return {
        type: isWrite(method) && roll < 0.06 ? 'cut-request' : 'cut-response',
        afterBytes: Math.floor(size * 800),
      }
    case '429':
      return { type: 'status', status: 429, retryAfter: size < 0.1 ? '1' : '0' }
    case '5xx':
      return { type: 'status', status: 500 + Math.floor(size * 5) }
    case 'slow drip':
      return { type: 'drip', bytes: 64, pauseMs: 2 }
  }
}
