import type { Environment, RetryOptions, Sleep } from '@sallyport/oci'
import type { Dispatcher } from 'undici'

/** How a signing service is reached. */
export interface ServiceOptions {
  /** Longest time of one try, from connecting to the end of the answer, in milliseconds. Default 30,000. */
  readonly timeoutMs?: number | undefined
  /**
   * How often a request is repeated after status 408, 425, 429, 500, 502, 503 or 504 and after lost connections. Default:
   * 3 tries, 500 ms before the second, at most 10 s between two; a service that asks for a longer wait ends the tries.
   */
  readonly retry?: RetryOptions | undefined
  /**
   * Connections to use, for a proxy, client certificates or connections that are kept; it stays open. Default:
   * connections for this one request, through the proxy that the environment names.
   */
  readonly dispatcher?: Dispatcher | undefined
  /**
   * Environment variables that name proxies: `https_proxy`, `http_proxy` and `no_proxy`, in lower or upper case. Default:
   * those of the process; `false` for no proxy. This machine and its cloud's metadata service are never reached by one.
   */
  readonly proxyEnvironment?: Environment | false | undefined
  /** Allows `http:` to other machines; what is sent, identity tokens too, can then be read on the way. Default `false`. */
  readonly unsafeAllowHttp?: boolean | undefined
  /** Waits between tries. Default: on the machine's clock. */
  readonly sleep?: Sleep | undefined
}
