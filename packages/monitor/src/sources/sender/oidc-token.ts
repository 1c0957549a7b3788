import { MonitorError } from '../../errors.ts'
import { isSignedByOneOf, parseToken, type TokenKey } from './json-web-token.ts'
import { isOneOf } from './secrets.ts'
import { refuseSender, type SenderCheck } from './sender-check.ts'

/** Asks for keys by their id. */
export interface FindTokenKeysOptions {
  /** The `kid` of the token; absent when it names none. */
  readonly keyId: string | undefined
  /** Aborts the look-up. */
  readonly signal?: AbortSignal | undefined
}

/** Options of {@link oidcToken}. */
export interface OidcTokenOptions {
  /** `iss` of the token, e.g. `https://accounts.google.com`. */
  readonly issuer: string
  /** `aud` of the token, as it was set where the deliveries come from. */
  readonly audience: string
  /**
   * Claims with the values that they must have; at least one. Anybody can get a token of Google or Entra for any
   * audience, so that these say whose it is: `{ email: '…gserviceaccount.com', email_verified: true }` for Pub/Sub,
   * `{ azp: '…' }` for Event Grid.
   */
  readonly claims: Readonly<Record<string, string | boolean>>
  /** Public keys of the issuer, or what looks them up and keeps them for a while. */
  readonly keys: readonly TokenKey[] | ((options: FindTokenKeysOptions) => Promise<readonly TokenKey[]>)
  /** By how much clocks may differ, in seconds. Default 60. */
  readonly toleranceSeconds?: number | undefined
}

/**
 * `authorization: Bearer <JSON Web Token>` of an identity provider, as Pub/Sub and Event Grid send it. The token says
 * until when it is good, which bounds how long a delivery can be replayed.
 */
export function oidcToken(options: OidcTokenOptions): SenderCheck {
  const { issuer, audience, claims, keys, toleranceSeconds = 60 } = options
  const required = Object.entries(claims)
  if (issuer === '' || audience === '' || required.length === 0)
    throw new MonitorError(
      'OPTIONS_INVALID',
      'a token needs an issuer, an audience and a claim that says whose it is',
    )

  return async ({ headers }, { receivedAt, signal }) => {
    const given = /^Bearer +([^ ]+)$/i.exec(headers['authorization'] ?? '')?.[1]
    if (given === undefined) throw refuseSender('no bearer token')
    const token = parseToken(given)
    const candidates =
      typeof keys === 'function' ? await findKeys(keys, { keyId: token.keyId, signal }) : keys
    if (!isSignedByOneOf(token, candidates)) throw refuseSender('the token is not signed by a known key')

    const { iss, aud, exp, nbf, iat } = token.claims
    const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
    if (iss !== issuer || !audiences.includes(audience))
      throw refuseSender('the token is of another issuer or audience')
    const now = receivedAt.getTime() / 1000
    if (typeof exp !== 'number' || exp + toleranceSeconds <= now) throw refuseSender('the token has expired')
    for (const start of [nbf, iat])
      if (start !== undefined && !(typeof start === 'number' && start <= now + toleranceSeconds))
        throw refuseSender('the token is not valid yet')
    for (const [name, value] of required) {
      const claim = Object.hasOwn(token.claims, name) ? token.claims[name] : undefined
      const isEqual =
        typeof value === 'string' ? typeof claim === 'string' && isOneOf(claim, [value]) : claim === value
      if (!isEqual) throw refuseSender(`the token's ${name} is another`)
    }
  }
}

async function findKeys(
  find: (options: FindTokenKeysOptions) => Promise<readonly TokenKey[]>,
  options: FindTokenKeysOptions,
): Promise<readonly TokenKey[]> {
  try {
    return await find(options)
  } catch (cause) {
    options.signal?.throwIfAborted()
    throw new MonitorError('SOURCE_UNAVAILABLE', 'the keys that sign tokens could not be looked up', {
      cause,
      retryable: true,
      status: 503,
    })
  }
}
