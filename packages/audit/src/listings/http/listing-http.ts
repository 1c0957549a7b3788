import { addressScope, printable } from '@sallyport/oci/cloud'
import { AuditError } from '../../errors.ts'

/** One request to a registry's own interface. */
export interface ListingRequest {
  /** Default `GET`. */
  readonly method?: 'GET' | 'POST' | undefined
  /** Where it goes: below the base URL (`/api/…`), or a URL of the same origin. */
  readonly to: string | URL
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
  /** What is listed, for errors: a registry or a repository with its registry. */
  readonly subject: string
  /** What is done, after "could not", e.g. `list the tags`. */
  readonly action: string
  /** What the identity needs, for errors about a refusal. */
  readonly permission?: string | undefined
  /** Statuses, besides 200, that are an answer. */
  readonly accept?: readonly number[] | undefined
  /** Names what a token must be good for, where there is one token for each. */
  readonly scope?: string | undefined
  /** Not to be signed in to: it is how one signs in. */
  readonly anonymous?: boolean | undefined
}

/** An answer in JSON. */
export interface ListingAnswer {
  readonly status: number
  /** What answered. */
  readonly url: URL
  /** The field's value; of a repeated field the first. */
  header(name: string): string | undefined
  /** All values of a field. */
  headers(name: string): readonly string[]
  /** The body, parsed; `undefined` where another status than 200 came without JSON. */
  readonly json: unknown
}

/** Asks a registry's own interface. */
export type AskListing = (request: ListingRequest) => Promise<ListingAnswer>

/** A request as it is about to be sent. */
export interface SignedRequest {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly scope: string | undefined
}

/** Makes the header fields that prove who asks. They count as secret. */
export type AuthorizeListing = (
  request: SignedRequest,
  context: {
    /** What was given before was not accepted: something fresh is needed. */
    readonly renew: boolean
    readonly signal: AbortSignal | undefined
    /** Asks the same service, without proof of identity. */
    readonly ask: AskListing
  },
) => Promise<Readonly<Record<string, string>>>

/**
 * The base URL of a service.
 *
 * @throws {AuditError} `OPTIONS_INVALID` when it is none that credentials may be sent to.
 */
export function parseOrigin(name: string, origin: string, unsafeAllowHttp: boolean): URL {
  const url = URL.parse(origin)
  // It may hold a password: nothing of it is shown but its host.
  if (url === null) throw invalidOption(name, 'the origin is no URL')
  const { protocol, hostname, username, password, search, hash } = url
  if (username !== '' || password !== '') throw invalidOption(name, 'the origin must not hold credentials')
  if (search !== '' || hash !== '') throw invalidOption(name, 'the origin must not have a query or fragment')
  const isSafe = protocol === 'https:' || addressScope(hostname) === 'loopback' || unsafeAllowHttp
  if (!['https:', 'http:'].includes(protocol) || !isSafe)
    throw invalidOption(name, `expected an https origin, got ${printable(url.host, 100)} without TLS`)
  return url
}

/** An option of a listing that can't be used. */
export function invalidOption(name: string, why: string): AuditError {
  return new AuditError('OPTIONS_INVALID', `the ${name} listing: ${why}`)
}

/** A part of a path, escaped: what comes from elsewhere must not lead out of its place. */
export function segment(text: string): string {
  const escaped = encodeURIComponent(text.toWellFormed())
  // URL parsers take these for steps in the path, escaped or not.
  return escaped === '.' || escaped === '..' ? escaped.replaceAll('.', '%252E') : escaped
}

/** The URL below a base that may have a path of its own. */
export function below(base: URL, path: string): URL {
  return new URL(base.href.replace(/\/+$/, '') + path)
}

/** A path below the base, or a whole URL, as {@link ListingRequest} takes it. */
export function toTarget(to: string): string | URL {
  return to.startsWith('/') ? to : new URL(to)
}
