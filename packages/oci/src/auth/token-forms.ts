import { basicAuthorization } from './basic-authorization.ts'

/** A request to a token server. */
export interface TokenForm {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: Uint8Array | undefined
}

/** Asks without credentials (distribution's token authentication). */
export function anonymousForm(
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
): TokenForm & { readonly method: 'GET' } {
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  return { method: 'GET', url, headers: {} }
}

/** Asks with a password in the header field. */
export function passwordForm(
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
  credentials: { readonly username: string; readonly password: string },
): TokenForm {
  const form = anonymousForm(realm, service, scopes)
  form.url.searchParams.set('account', credentials.username)
  return { ...form, headers: { authorization: basicAuthorization(credentials) } }
}

/** Exchanges a refresh token (distribution's OAuth2 token authentication). */
export function refreshForm(
  url: URL,
  service: string | undefined,
  scopes: readonly string[],
  refreshToken: string,
): TokenForm {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: 'sallyport',
    refresh_token: refreshToken,
  })
  if (service !== undefined) form.set('service', service)
  form.set('scope', scopes.join(' '))
  return {
    method: 'POST',
    url,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new TextEncoder().encode(form.toString()),
  }
}
