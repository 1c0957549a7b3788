import type { AuthorizeListing } from './http/listing-http.ts'
import type { ListingLogin, ListingSecret } from './listing-options.ts'

/** Proves who asks by a token in a header field, e.g. `Authorization: Bearer …`; by nothing without a token. */
export function byToken(
  token: ListingSecret | undefined,
  { field = 'authorization', prefix = 'Bearer ' }: { readonly field?: string; readonly prefix?: string } = {},
): AuthorizeListing | undefined {
  if (token === undefined) return undefined
  return async (_, { signal }) => ({ [field]: `${prefix}${await readSecret(token, signal)}` })
}

/** Proves who asks by user and password (RFC 7617); by nothing without them. */
export function byLogin(login: ListingLogin | undefined): AuthorizeListing | undefined {
  if (login === undefined) return undefined
  return async (_, { signal }) => {
    const pair = `${login.username}:${await readSecret(login.password, signal)}`
    return { authorization: `Basic ${Buffer.from(pair, 'utf8').toString('base64')}` }
  }
}

/** The secret that is at hand, or found. */
export async function readSecret(secret: ListingSecret, signal: AbortSignal | undefined): Promise<string> {
  return typeof secret === 'string' ? secret : await secret({ signal })
}
