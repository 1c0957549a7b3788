import type { Clock } from '@sallyport/core'
import { OciError } from '../errors.ts'
import type { Transport } from '../http/transport.ts'
import type { CredentialProvider, Credentials } from '../ports/credential-provider.ts'
import { type Challenge, parseChallenges } from './parse-challenges.ts'
import { basicAuthorization, type RegistryToken, requestToken } from './registry-token.ts'

/** What a request needs to be allowed. */
export interface AuthorizationNeed {
  /** The registry's name, as in references; credentials are looked up under it. */
  readonly registry: string
  /** Where the registry's API is. */
  readonly origin: URL
  readonly repository: string
  /** For example `repository:team/app:pull`. */
  readonly scopes: readonly string[]
  readonly signal?: AbortSignal | undefined
}

/** Signs requests to registries in, and remembers what they asked for. */
export interface Authorizer {
  /** The `Authorization` field to send at once, from what an earlier challenge taught; `undefined` for none. */
  authorize(need: AuthorizationNeed): Promise<string | undefined>
  /**
   * The field to send after a 401: `undefined` when there is nothing better to offer than what was `sent`.
   *
   * @throws {OciError} `UNAUTHORIZED` when the token server refuses.
   */
  answerChallenge(
    need: AuthorizationNeed,
    fields: readonly string[],
    sent: string | undefined,
  ): Promise<string | undefined>
}

/** How long credentials are kept before the provider is asked again: helpers hand out short-lived ones. */
const credentialsLifetimeMs = 5 * 60_000
const maxCachedTokens = 1000

/** Creates an authorizer whose memory lives as long as it does. */
export function createAuthorizer(
  transport: Transport,
  clock: Clock,
  provider: CredentialProvider | undefined,
): Authorizer {
  const challenges = new Map<string, Challenge>()
  const tokens = new Map<string, RegistryToken>()
  const running = new Map<string, Promise<RegistryToken>>()
  const known = new Map<string, { readonly credentials: Credentials | undefined; readonly until: number }>()

  async function findCredentials({
    registry,
    repository,
    signal,
  }: AuthorizationNeed): Promise<Credentials | undefined> {
    if (provider === undefined) return undefined
    const key = `${registry} ${repository}`
    const now = clock.now().getTime()
    const cached = known.get(key)
    if (cached !== undefined && cached.until > now) return cached.credentials
    const credentials = await provider.find({ registry, repository }, { signal })
    known.set(key, { credentials, until: now + credentialsLifetimeMs })
    return credentials
  }

  async function bearer(
    need: AuthorizationNeed,
    challenge: Challenge,
    scopes: readonly string[],
  ): Promise<string> {
    const credentials = await findCredentials(need)
    if (credentials?.type === 'registry-token') return `Bearer ${credentials.registryToken}`
    const { realm, service } = challenge.params
    if (realm === undefined) {
      throw new OciError(
        'UNAUTHORIZED',
        `${need.registry}: the registry wants a token but names no token server`,
      )
    }
    const key = JSON.stringify([need.registry, need.repository, realm, service, [...scopes].sort()])
    const cached = tokens.get(key)
    if (cached !== undefined && cached.expiresAt > clock.now().getTime()) return `Bearer ${cached.token}`
    const fetched = await once(running, key, need.signal, () =>
      requestToken(transport, clock, {
        registry: need.origin,
        realm,
        service,
        scopes,
        credentials,
        signal: need.signal,
      }),
    )
    if (tokens.size >= maxCachedTokens) tokens.clear()
    tokens.set(key, fetched)
    return `Bearer ${fetched.token}`
  }

  async function basic(need: AuthorizationNeed): Promise<string | undefined> {
    const credentials = await findCredentials(need)
    return credentials?.type === 'password' ? basicAuthorization(credentials) : undefined
  }

  return {
    async authorize(need) {
      const challenge = challenges.get(need.registry)
      if (challenge === undefined) return undefined
      return challenge.scheme === 'bearer' ? bearer(need, challenge, need.scopes) : basic(need)
    },
    async answerChallenge(need, fields, sent) {
      const offered = parseChallenges(fields)
      const token = offered.find(({ scheme, params }) => scheme === 'bearer' && params['realm'] !== undefined)
      const password = offered.find(({ scheme }) => scheme === 'basic')
      const chosen = token ?? password
      if (chosen === undefined) return undefined
      challenges.set(need.registry, { scheme: chosen.scheme, params: withoutScope(chosen.params) })
      if (chosen.scheme === 'basic') return different(await basic(need), sent)
      if (sent !== undefined) {
        // The token that was sent is spent or too narrow.
        for (const [key, { token: spent }] of tokens) if (sent === `Bearer ${spent}`) tokens.delete(key)
      }
      const asked = (chosen.params['scope'] ?? '').split(' ').filter((scope) => scope !== '')
      // Some token servers read only the first scope, so the one the registry asks for stands first.
      const scopes = sent === undefined ? need.scopes : [...new Set([...asked, ...need.scopes])]
      return different(await bearer(need, chosen, scopes.length === 0 ? asked : scopes), sent)
    },
  }
}

function different(field: string | undefined, sent: string | undefined): string | undefined {
  return field === sent ? undefined : field
}

function withoutScope(params: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => name !== 'scope'))
}

/**
 * Runs `operation` once for all who ask at the same time. One who waits ends with its own signal; when the one who
 * runs it is aborted, the next in line runs it again.
 */
async function once<T>(
  running: Map<string, Promise<T>>,
  key: string,
  signal: AbortSignal | undefined,
  operation: () => Promise<T>,
): Promise<T> {
  for (;;) {
    signal?.throwIfAborted()
    const other = running.get(key)
    if (other === undefined) {
      const own = operation()
      running.set(key, own)
      try {
        return await own
      } finally {
        running.delete(key)
      }
    }
    try {
      return await untilAborted(other, signal)
    } catch (error) {
      if (error instanceof OciError) throw error
    }
  }
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error)
    signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}
