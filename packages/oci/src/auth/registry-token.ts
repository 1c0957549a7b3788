import type { Clock } from '@sallyport/core'
import { OciError } from '../errors.ts'
import { type AddressScope, mayLead } from '../http/address-scope.ts'
import { isForbiddenAddress } from '../http/guarded-connector.ts'
import { statusError } from '../http/http-error.ts'
import type { MeteredTransport } from '../http/metered-transport.ts'
import type { Repeater } from '../http/repeat-request.ts'
import type { RequestCounts } from '../http/request-counts.ts'
import { printable } from '../internal/printable.ts'
import type { Credentials } from '../ports/credential-provider.ts'
import { fingerprint } from './fingerprint.ts'
import { readTokenAnswer } from './read-token-answer.ts'
import { anonymousForm, passwordForm, refreshForm, type TokenForm } from './token-forms.ts'

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
  readonly counts?: RequestCounts | undefined
  readonly signal?: AbortSignal | undefined
}

/** Fetches tokens from the servers that registries name in their challenges. */
export interface TokenSource {
  /**
   * By GET with the password or anonymously, or by POST with a refresh token: that of the credentials, or one that the
   * server handed out with an earlier token. Where such a one is refused, or POST is unknown (404, 405), the password is
   * used again. A refresh token that stands in for the password is only ever sent by POST: in a URL or as a password it
   * would get into logs.
   *
   * @throws {OciError} `UNAUTHORIZED` when the credentials are refused, or the realm is one we must not talk to.
   * @throws {OciError} `REGISTRY_ERROR` or `REGISTRY_UNREACHABLE` for other failures, after repetitions.
   */
  fetch(request: TokenRequest): Promise<RegistryToken>
}

/** What {@link createTokenSource} needs. */
export interface TokenSourceParts {
  readonly transport: MeteredTransport
  readonly repeater: Repeater
  readonly clock: Clock
}

const maxAnswerBytes = 256 * 1024
const maxRefreshTokens = 1000

/** Creates a source of tokens; refresh tokens that it is given live in its memory only. */
export function createTokenSource({ transport, repeater, clock }: TokenSourceParts): TokenSource {
  const refreshTokens = new Map<string, string>()

  /** Sends a form; the text of the answer, or the status with which it was refused. */
  async function submit(
    form: TokenForm,
    { registry, counts, signal }: TokenRequest,
  ): Promise<{ readonly text: string } | { readonly status: number }> {
    const subject = { action: 'get a token', reference: registry.host, notFound: 'REGISTRY_ERROR' } as const
    return repeater.run<{ readonly text: string } | { readonly status: number }>(
      { subject, signal },
      async (attempt) => {
        // Redirects are not followed, since the request carries a secret.
        const ledBy = form.url.origin === registry.origin ? undefined : registry
        const answer = await transport
          .send({ ...form, lane: 'small', attempt, counts, signal, ledBy })
          .catch((error: unknown) => {
            throw isForbiddenAddress(error) ? forbiddenRealm(registry, form.url.origin) : error
          })
        const text = new TextDecoder().decode(await answer.bytes(maxAnswerBytes))
        if (answer.status === 200) return { result: { text } }
        // The server's own body may repeat what we sent; only its status is passed on.
        const error = statusError(answer.status, '', subject)
        return error.retryable ? repeater.refusal(answer, error) : { result: { status: answer.status } }
      },
    )
  }

  return {
    async fetch(request) {
      const { registry, service, scopes, credentials } = request
      const realm = realmOf(request, transport.scopeOf(registry))
      const key = JSON.stringify([registry.host, realm.href, service, fingerprint(credentials)])
      const keep = (text: string): RegistryToken => {
        const { token, expiresAt, refreshToken } = readTokenAnswer(text, clock, registry)
        if (refreshToken !== undefined) {
          if (refreshTokens.size >= maxRefreshTokens) refreshTokens.clear()
          refreshTokens.set(key, refreshToken)
        }
        return { token, expiresAt }
      }

      const kept = refreshTokens.get(key)
      if (kept !== undefined) {
        const answer = await submit(refreshForm(realm, service, scopes, kept), request)
        if ('text' in answer) return keep(answer.text)
        if (refreshTokens.get(key) === kept) refreshTokens.delete(key)
      }
      const answer = await submit(firstForm(realm, service, scopes, credentials), request)
      if ('text' in answer) return keep(answer.text)
      throw refused(request, answer.status)
    },
  }
}

function firstForm(
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
  credentials: Credentials | undefined,
): TokenForm {
  if (credentials?.type === 'password') return passwordForm(realm, service, scopes, credentials)
  if (credentials?.type === 'identity-token')
    return refreshForm(realm, service, scopes, credentials.identityToken)
  return anonymousForm(realm, service, scopes)
}

function realmOf({ registry, realm }: TokenRequest, registryScope: AddressScope): URL {
  const url = URL.canParse(realm) ? new URL(realm) : undefined
  if (url !== undefined && mayLead(registry, url, registryScope)) return url
  throw forbiddenRealm(registry, realm.split('?')[0] ?? '')
}

function forbiddenRealm(registry: URL, realm: string): OciError {
  return new OciError(
    'UNAUTHORIZED',
    `${registry.host}: the registry names a token server that must not be asked: ${printable(realm, 120)}`,
    { reference: registry.host },
  )
}

function refused({ registry, credentials }: TokenRequest, status: number): OciError {
  if (credentials?.type === 'identity-token' && (status === 404 || status === 405)) {
    return new OciError(
      'UNAUTHORIZED',
      `${registry.host}: the token server takes no refresh tokens (status ${status}); log in with a password`,
      { status, reference: registry.host },
    )
  }
  const shown = status === 400 || status === 403 ? 401 : status
  return statusError(shown, '', {
    action: 'get a token',
    reference: registry.host,
    notFound: 'REGISTRY_ERROR',
  })
}
