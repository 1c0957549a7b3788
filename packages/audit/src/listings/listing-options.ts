import type { Clock } from '@sallyport/core'
import type { Environment, HostLimiter, RetryOptions, Sleep } from '@sallyport/oci'
import type { ListingTransport } from '../ports/listing-transport.ts'
import type { RegistryListing } from '../ports/registry-listing.ts'

/** How a registry's own interface is reached. */
export interface ListingServiceOptions {
  /**
   * Sends the requests; it stays open when the listing is closed. Default: connections of the listing's own, through the
   * proxy that the environment names.
   */
  readonly transport?: ListingTransport | undefined
  /** Longest time of one try, from connecting to the end of the answer, in milliseconds. Default 60,000. */
  readonly timeoutMs?: number | undefined
  /**
   * How often a request is repeated after status 408, 425, 429, 500, 502, 503 or 504, after a service says that it is asked
   * too often, and after lost connections. Default: 5 tries, 500 ms before the second, at most 60 s between two; a service
   * that asks for a longer wait ends the tries.
   */
  readonly retry?: RetryOptions | undefined
  /** Bounds the requests to each host; one may be shared with registry clients. Default: one of the listing's own. */
  readonly limiter?: HostLimiter | undefined
  /**
   * Environment variables that name proxies: `https_proxy`, `http_proxy` and `no_proxy`. Default: those of the process;
   * `false` for no proxy.
   */
  readonly proxyEnvironment?: Environment | false | undefined
  /** Allows `http:` to other machines; credentials can then be read on the way. Default `false`. */
  readonly unsafeAllowHttp?: boolean | undefined
  /** Tells the time. Default: the system's. */
  readonly clock?: Clock | undefined
  /** Waits between tries. Default: on the machine's clock. */
  readonly sleep?: Sleep | undefined
  /** Chance in waits, from 0 to 1. Default: `Math.random`. */
  readonly random?: (() => number) | undefined
}

/** A token, or what finds it whenever one is needed, e.g. because it ends. */
export type ListingSecret =
  | string
  | ((options: { readonly signal?: AbortSignal | undefined }) => Promise<string>)

/** A user and a password, or what a registry takes for them: a robot's secret, an access token. */
export interface ListingLogin {
  /** Name of the user or robot. */
  readonly username: string
  /** Password or token. */
  readonly password: ListingSecret
}

/** A listing by a registry's own interface. */
export interface ServiceListing extends RegistryListing {
  /** HTTP requests that it has taken so far, repeated ones and those to sign in too. */
  requests(): number
  /** Ends its connections. Idle ones end by themselves after some seconds and keep no process alive. */
  close(): Promise<void>
}
