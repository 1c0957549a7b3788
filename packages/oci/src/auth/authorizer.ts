import type { Clock } from '@sallyport/core'
import { OciError } from '../errors.ts'
import type { MeteredTransport } from '../http/metered-transport.ts'
import type { Repeater } from '../http/repeat-request.ts'
import type { RequestCounts } from '../http/request-counts.ts'
import { createSharedFlights } from '../internal/shared-flights.ts'
import type { CredentialProvider, Credentials } from '../ports/credential-provider.ts'
import { type Challenge, parseChallenges } from './parse-challenges.ts'
import { basicAuthorization } from './basic-authorization.ts'
import { fingerprint } from './fingerprint.ts'
import { createTokenSource, type RegistryToken } from './registry-token.ts'

/** What a request needs to be allowed. */
export interface AuthorizationNeed {
  /** The registry's name, as in references; credentials are looked up under it. */
  readonly registry: string
  /** Where the registry's API is. */
  readonly origin: URL
  readonly repository: string
  /** For example `repository:team/app:pull`. */
  readonly scopes: readonly string[]
  /** Counts the requests of the sign-in. */
  readonly counts?: RequestCounts | undefined
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

/**
 * How long credentials are kept before the provider is asked again: helpers hand out short-lived ones. Refused ones are
 * forgotten at once, since they may have been replaced.
 */
const credentialsLifetimeMs = 5 * 60_000
const maxEntries = 1000

/** What {@link createAuthorizer} needs. */
export interface AuthorizerParts {
  readonly transport: MeteredTransport
  readonly repeater: Repeater
  readonly clock: Clock
  readonly provider: CredentialProvider | undefined
}

/** Creates an authorizer whose memory lives as long as it does. */
export function createAuthorizer({ transport, repeater, clock, provider }: AuthorizerParts): Authorizer {
  const challenges = new Map<string, Challenge>()
  const tokens = new Map<string, RegistryToken>()
  const flights = createSharedFlights<RegistryToken>()
  const tokenSource = createTokenSource({ transport, repeater, clock })
  const known = new Map<string, KnownCredentials>()
  const lookups = createSharedFlights<KnownCredentials>()

  async function findCredentials({
    registry,
    repository,
    signal,
  }: AuthorizationNeed): Promise<Credentials | undefined> {
    if (provider === undefined) return undefined
    const key = `${registry} ${repository}`
    const cached = known.get(key)
    if (cached !== undefined && cached.until > clock.now().getTime()) return cached.credentials
    const lookUp = async (stop: AbortSignal): Promise<KnownCredentials> => {
      const credentials = await provider.find({ registry, repository }, { signal: stop })
      const found = { credentials, until: clock.now().getTime() + credentialsLifetimeMs }
      keep(known, key, found)
      return found
    }
    return (await lookups.join(key, lookUp, signal)).credentials
  }

  /** The provider may have others by now than those that were refused; another request may know them already. */
  async function credentialsAfter(
    need: AuthorizationNeed,
    refused: Credentials | undefined,
  ): Promise<Credentials | undefined> {
    const key = `${need.registry} ${need.repository}`
    if (fingerprint(known.get(key)?.credentials) === fingerprint(refused)) known.delete(key)
    return findCredentials(need)
  }

  async function bearer(
    need: AuthorizationNeed,
    challenge: Challenge,
    scopes: readonly string[],
    credentials: Credentials | undefined,
  ): Promise<string> {
    if (credentials?.type === 'registry-token') return `Bearer ${credentials.registryToken}`
    const { realm, service } = challenge.params
    if (realm === undefined) {
      throw new OciError(
        'UNAUTHORIZED',
        `${need.registry}: the registry wants a token but names no token server`,
      )
    }
    const user = fingerprint(credentials)
    const key = JSON.stringify([need.registry, need.repository, realm, service, [...scopes].sort(), user])
    const cached = tokens.get(key)
    if (cached !== undefined && cached.expiresAt > clock.now().getTime()) return `Bearer ${cached.token}`
    const fetched = await flights.join(
      key,
      (signal) =>
        tokenSource.fetch({
          registry: need.origin,
          realm,
          service,
          scopes,
          credentials,
          counts: need.counts,
          signal,
        }),
      need.signal,
    )
    keep(tokens, key, fetched)
    return `Bearer ${fetched.token}`
  }

  async function bearerOfAnyone(
    need: AuthorizationNeed,
    challenge: Challenge,
    scopes: readonly string[],
  ): Promise<string> {
    const credentials = await findCredentials(need)
    try {
      return await bearer(need, challenge, scopes, credentials)
    } catch (error) {
      if (!(error instanceof OciError) || error.code !== 'UNAUTHORIZED' || credentials === undefined)
        throw error
      const others = await credentialsAfter(need, credentials)
      if (fingerprint(others) === fingerprint(credentials)) throw error
      return bearer(need, challenge, scopes, others)
    }
  }

  return {
    async authorize(need) {
      const challenge = challenges.get(need.registry)
      if (challenge === undefined) return undefined
      return challenge.scheme === 'bearer'
        ? bearerOfAnyone(need, challenge, need.scopes)
        : basicField(await findCredentials(need))
    },
    async answerChallenge(need, fields, sent) {
      const offered = parseChallenges(fields)
      const token = offered.find(({ scheme, params }) => scheme === 'bearer' && params['realm'] !== undefined)
      const password = offered.find(({ scheme }) => scheme === 'basic')
      const chosen = token ?? password
      if (chosen === undefined) return undefined
      keep(challenges, need.registry, { scheme: chosen.scheme, params: withoutScope(chosen.params) })
      const credentials = await findCredentials(need)
      const isRefused = sent !== undefined && sent === fieldOf(credentials)
      if (isRefused) await credentialsAfter(need, credentials)
      if (chosen.scheme === 'basic') return different(basicField(await findCredentials(need)), sent)
      if (sent !== undefined) {
        // The token that was sent is spent or too narrow.
        for (const [key, { token: spent }] of tokens) if (sent === `Bearer ${spent}`) tokens.delete(key)
      }
      const asked = (chosen.params['scope'] ?? '').split(' ').filter((scope) => scope !== '')
      // Some token servers read only the first scope, so the one the registry asks for stands first.
      const scopes = sent === undefined ? need.scopes : [...new Set([...asked, ...need.scopes])]
      return different(await bearerOfAnyone(need, chosen, scopes.length === 0 ? asked : scopes), sent)
    },
  }
}

interface KnownCredentials {
  readonly credentials: Credentials | undefined
  readonly until: number
}

/** Names of registries come from whoever names an image: a client that lives for months must not keep them all. */
function keep<T>(map: Map<string, T>, key: string, value: T): void {
  if (map.size >= maxEntries && !map.has(key)) map.clear()
  map.set(key, value)
}

function basicField(credentials: Credentials | undefined): string | undefined {
  return credentials?.type === 'password' ? basicAuthorization(credentials) : undefined
}

/** The field that shows the credentials themselves, where there is one. */
function fieldOf(credentials: Credentials | undefined): string | undefined {
  return credentials?.type === 'registry-token'
    ? `Bearer ${credentials.registryToken}`
    : basicField(credentials)
}

function different(field: string | undefined, sent: string | undefined): string | undefined {
  return field === sent ? undefined : field
}

function withoutScope(params: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(params).filter(([name]) => name !== 'scope'))
}
