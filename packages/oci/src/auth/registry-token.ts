import type { Clock } from '@sallyport/core'
import * as z from 'zod'
import { OciError } from '../errors.ts'
import { mayLead } from '../http/address-scope.ts'
import { networkError, statusError } from '../http/http-error.ts'
import type { Transport, WireAnswer } from '../http/transport.ts'
import { printable } from '../internal/printable.ts'
import type { Credentials } from '../ports/credential-provider.ts'

/** A bearer token and the time after which it is no longer used. */
export interface RegistryToken {
  readonly token: string
  readonly expiresAt: number
}

/** What a token is asked for. */
export interface TokenRequest {
  /** The registry that sent the challenge. */
  readonly registry: URL
  readonly realm: string
  readonly service?: string | undefined
  readonly scopes: readonly string[]
  readonly credentials?: Credentials | undefined
  readonly signal?: AbortSignal | undefined
}

const tokenSchema = z.object({
  token: z
    .string()
    .max(64 * 1024)
    .nullish(),
  access_token: z
    .string()
    .max(64 * 1024)
    .nullish(),
  expires_in: z.number().nullish(),
})

const maxAnswerBytes = 256 * 1024
const timeoutMs = 30_000
/** Token servers that name no lifetime, or a shorter one, are taken to mean a minute (distribution's token specification). */
const shortestLifetimeSeconds = 60
/** A token is renewed a little before it ends, so that it does not end on the way. */
const renewBeforeMs = 10_000

/**
 * Asks the token server that a registry named in its challenge: by GET with the password, or by POST with a refresh
 * token. Redirects are not followed, since the request carries the password.
 *
 * @throws {OciError} `UNAUTHORIZED` when the credentials are refused, or the realm is one we must not talk to.
 * @throws {OciError} `REGISTRY_ERROR` or `REGISTRY_UNREACHABLE` for other failures.
 */
export async function requestToken(
  transport: Transport,
  clock: Clock,
  { registry, realm, service, scopes, credentials, signal }: TokenRequest,
): Promise<RegistryToken> {
  const subject = { action: 'get a token', reference: registry.host, notFound: 'REGISTRY_ERROR' } as const
  const url = URL.canParse(realm) ? new URL(realm) : undefined
  if (url === undefined || !mayLead(registry, url)) {
    throw new OciError(
      'UNAUTHORIZED',
      `${registry.host}: the registry names a token server that must not be asked: ${printable(realm.split('?')[0] ?? '', 120)}`,
      { reference: registry.host },
    )
  }
  const timeout = AbortSignal.timeout(timeoutMs)
  const limited = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
  let answer: WireAnswer
  let text: string
  try {
    answer =
      credentials?.type === 'identity-token'
        ? await transport.send({
            ...exchangeRequest(url, service, scopes, credentials.identityToken),
            signal: limited,
          })
        : await transport.send({ ...passwordRequest(url, service, scopes, credentials), signal: limited })
    text = new TextDecoder().decode(await answer.bytes(maxAnswerBytes))
  } catch (error) {
    signal?.throwIfAborted()
    throw networkError(error, subject)
  }
  if (answer.status !== 200) {
    // The token server's own body may repeat what we sent; only its status is passed on.
    throw statusError(answer.status === 400 || answer.status === 403 ? 401 : answer.status, '', subject)
  }
  return readToken(text, clock, registry)
}

function passwordRequest(
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
  credentials: Credentials | undefined,
): { method: 'GET'; url: URL; headers: Record<string, string> } {
  const url = new URL(realm)
  if (service !== undefined) url.searchParams.set('service', service)
  for (const scope of scopes) url.searchParams.append('scope', scope)
  if (credentials?.type !== 'password') return { method: 'GET', url, headers: {} }
  url.searchParams.set('account', credentials.username)
  return { method: 'GET', url, headers: { authorization: basicAuthorization(credentials) } }
}

function exchangeRequest(
  url: URL,
  service: string | undefined,
  scopes: readonly string[],
  refreshToken: string,
): { method: 'POST'; url: URL; headers: Record<string, string>; body: Uint8Array } {
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

function readToken(text: string, clock: Clock, registry: URL): RegistryToken {
  const fail = (): never => {
    throw new OciError('REGISTRY_ERROR', `${registry.host}: the token server's answer holds no token`, {
      reference: registry.host,
    })
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return fail()
  }
  const parsed = tokenSchema.safeParse(value)
  if (!parsed.success) return fail()
  const token = parsed.data.token || parsed.data.access_token
  // A token goes into a header field: a line break in it would start another field.
  if (!token || !/^[\x21-\x7e]+$/.test(token)) return fail()
  const seconds = Math.max(parsed.data.expires_in ?? 0, shortestLifetimeSeconds)
  return { token, expiresAt: clock.now().getTime() + seconds * 1000 - renewBeforeMs }
}

/** The value of an `Authorization` field for a user name and password. */
export function basicAuthorization({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`
}
