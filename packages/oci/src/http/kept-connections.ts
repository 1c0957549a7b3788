/** What of a request matters here. */
interface KeptRequest {
  readonly method: string
  readonly url: URL
  readonly isManifest?: boolean | undefined
}

/** Which connections serve again after a `HEAD`, and how servers are found that send bodies to it. */
export interface KeptConnections {
  /** Whether the connection serves again after this `HEAD`. */
  keeps(request: KeptRequest): boolean
  /** The failure of a request; as one of the connection where a body that nobody asked for may have caused it. */
  explain(request: KeptRequest, failure: unknown): unknown
}

/**
 * undici closes the connection after each `HEAD`, because some servers send a body all the same, which would be read as the
 * next answer. Connections are kept only for manifests: their bodies are JSON, which nobody can take for an HTTP answer,
 * so that such a body ends its connection and is never an answer. Content of blobs can be anything. A server that was
 * caught is treated as undici does.
 */
export function createKeptConnections(): KeptConnections {
  const origins = new Map<string, 'kept' | 'caught'>()
  return {
    keeps({ url, method, isManifest }) {
      if (method !== 'HEAD' || isManifest !== true || origins.get(url.origin) === 'caught') return false
      origins.set(url.origin, 'kept')
      return true
    },
    explain({ url, method }, failure) {
      const isNoAnswer = failure instanceof Error && failure.name === 'HTTPParserError'
      if (!isNoAnswer || !origins.has(url.origin)) return failure
      origins.set(url.origin, 'caught')
      // As a failure of the connection: another try gets another one.
      return new Error(`${url.origin} sent what is no answer to ${method}, or a body to an earlier HEAD`)
    },
  }
}
