import type { Clock } from '@sallyport/core'
import type { Environment } from '@sallyport/oci'

/** How an HTTP receiver of alerts is reached. */
export interface HttpSinkOptions {
  /** Longest time from connecting to the end of the answer, in milliseconds. Default 15,000. */
  readonly timeoutMs?: number | undefined
  /** PEM certificates of an authority of your own, besides those of the system. */
  readonly ca?: string | readonly string[] | undefined
  /**
   * Environment variables that name proxies: `https_proxy`, `http_proxy` and `no_proxy`. Default: those of the process;
   * `false` for no proxy.
   */
  readonly proxyEnvironment?: Environment | false | undefined
  /** Allows `http:` to other machines; alerts, and what authorises them, can then be read on the way. Default `false`. */
  readonly unsafeAllowHttp?: boolean | undefined
  /** Default: the clock of the machine. */
  readonly clock?: Clock | undefined
}

/** Header fields that authorise requests; they count as secret. A function makes them anew for each request. */
export type SinkHeaders =
  | Readonly<Record<string, string>>
  | ((signal: AbortSignal) => Promise<Readonly<Record<string, string>>>)
