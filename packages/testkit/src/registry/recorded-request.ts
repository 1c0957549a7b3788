import type { Digest } from '@sallyport/core'

/** What a request is about. */
export type RequestKind =
  | 'ping'
  | 'token'
  | 'login'
  | 'catalog'
  | 'tags'
  | 'manifest'
  | 'blob'
  | 'upload'
  | 'referrers'
  | 'unknown'

/** A request as the registry sees it before it answers. */
export interface RegistryRequest {
  /** HTTP method. */
  readonly method: string
  /** Path without the query, percent-decoded nowhere. */
  readonly path: string
  /** The parameters of the URL. */
  readonly query: URLSearchParams
  /** What is asked for, by the path. */
  readonly kind: RequestKind
  /** Path of the repository; missing where the request is about none. */
  readonly repository?: string | undefined
  /** Tag or digest of a manifest, as written in the path. */
  readonly reference?: string | undefined
  /** Digest named by the path or by the query's `digest` or `mount`. */
  readonly digest?: Digest | undefined
  /** Whether `reference` is a tag. */
  readonly isTag: boolean
  /** Scheme of the `Authorization` header in lower case; its content is never kept. */
  readonly authorization?: string | undefined
  /** The client's `User-Agent`. */
  readonly userAgent?: string | undefined
}

/** A request and how it ended. The log holds them in the order in which they were answered. */
export interface RecordedRequest extends RegistryRequest {
  /** Position in the order of completion, from 0. */
  readonly sequence: number
  /** HTTP status, or 0 when the connection was dropped before one was sent. */
  readonly status: number
  /** Body bytes received and sent. */
  readonly receivedBytes: number
  /** Bytes of the answer's body that were sent. */
  readonly sentBytes: number
  /** For an accepted manifest: its media type, its digest, and what it refers to. */
  readonly manifest?:
    | { readonly digest: Digest; readonly mediaType: string; readonly subject?: Digest | undefined }
    | undefined
}
