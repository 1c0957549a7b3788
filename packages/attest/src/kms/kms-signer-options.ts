import type { Clock } from '@sallyport/core'
import type { Environment, RetryOptions, Sleep } from '@sallyport/oci/cloud'
import type { Dispatcher } from 'undici'

/** Options of every signer whose key is in a key management service. */
export interface KmsSignerOptions {
  /** Environment variables: settings, credentials and proxies. Default: those of the process. */
  readonly env?: Environment | undefined
  /** How RSA keys sign. Default `pkcs1`, as PEM keys do; Google binds it to the key and another wish is refused. */
  readonly rsaPadding?: 'pkcs1' | 'pss' | undefined
  /** Longest time for one try of one request, in milliseconds. Default 20,000. */
  readonly timeoutMs?: number | undefined
  /** How requests are repeated after 429, 5xx, or no answer. Default: 4 tries, 200 ms, at most 5 s. */
  readonly retry?: RetryOptions | undefined
  /**
   * Connections to use, for a proxy or client certificates; it stays open. Default: connections of the signer's own, through
   * the proxy that the environment names.
   */
  readonly dispatcher?: Dispatcher | undefined
  /** Waits between tries. Default: on the machine's clock. */
  readonly sleep?: Sleep | undefined
  /** Tells the time. Default: the system's. */
  readonly clock?: Clock | undefined
  /** Ends the making of the signer; `sign` takes its own. */
  readonly signal?: AbortSignal | undefined
}
