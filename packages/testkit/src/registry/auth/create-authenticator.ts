import type { IncomingHttpHeaders } from 'node:http'
import type { RegistryQuirks } from '../quirks/registry-quirks.ts'
import type { RegistryRequest } from '../recorded-request.ts'
import { RegistryFault } from '../registry-fault.ts'
import type { RegistryResponse } from '../registry-response.ts'
import { neededPermissions, toScope } from './needed-permissions.ts'
import { type Accounts, openAccounts } from './open-accounts.ts'
import { parseBasic } from './parse-basic.ts'
import type { RegistryAuth } from './registry-auth.ts'
import { createTokenService } from './token-service.ts'

/** Checks requests and hands out tokens. */
export interface Authenticator {
  /**
   * Names who asks; `undefined` for anybody.
   *
   * @throws {RegistryFault} 401 with a challenge, or 403, when the request may not do what it asks.
   */
  check(request: RegistryRequest, headers: IncomingHttpHeaders): Promise<string | undefined>
  /** Answers `/token`. */
  issueToken(
    request: RegistryRequest,
    headers: IncomingHttpHeaders,
    body: AsyncIterable<Uint8Array>,
  ): Promise<RegistryResponse>
}

/** What an {@link Authenticator} needs besides the users. */
export interface AuthenticatorOptions {
  readonly quirks: RegistryQuirks
  readonly origin: () => string
  readonly now: () => number
}

const basicChallenge = 'Basic realm="sallyport testkit"'

/** Makes the checks of `auth`; without it anybody may do anything. */
export async function createAuthenticator(
  auth: RegistryAuth | undefined,
  options: AuthenticatorOptions,
): Promise<Authenticator> {
  if (!auth) {
    return { check: async () => undefined, issueToken: async () => noTokens() }
  }
  const { scheme = 'basic', anonymousPull = false, tokenLifetimeSeconds = 300 } = auth
  const accounts = await openAccounts(auth)
  const mayAnybody = (needed: readonly string[]) =>
    anonymousPull && needed.length > 0 && needed.every((permission) => permission.endsWith(':pull'))
  if (scheme === 'basic') {
    return {
      async check(request, headers) {
        const needed = neededPermissions(request)
        if (headers.authorization === undefined && mayAnybody(needed)) return undefined
        return checkBasic(accounts, headers, needed)
      },
      issueToken: async () => noTokens(),
    }
  }
  const { quirks, now } = options
  const tokens = createTokenService({
    accounts,
    anonymousPull,
    lifetimeSeconds: tokenLifetimeSeconds,
    quirks,
    now,
  })
  return {
    async check(request, headers) {
      const needed = neededPermissions(request)
      if (quirks.offersBasicBesideBearer && /^basic /i.test(headers.authorization ?? '')) {
        return checkBasic(accounts, headers, needed)
      }
      const grant = tokens.find(/^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '')
      if (grant && needed.every((permission) => grant.may(permission))) return grant.username
      if (grant && quirks.insufficientScope === 'forbidden') throw forbidden()
      throw unauthorized(bearerChallenge(options, needed, grant !== undefined))
    },
    issueToken: (request, headers, body) => tokens.issue(request, headers, body),
  }
}

async function checkBasic(
  accounts: Accounts,
  headers: IncomingHttpHeaders,
  needed: readonly string[],
): Promise<string> {
  const credentials = parseBasic(headers.authorization)
  const account = credentials && (await accounts.signIn(...credentials))
  if (!account) throw unauthorized(basicChallenge)
  if (!needed.every((permission) => account.may(permission))) throw forbidden()
  return account.username
}

function bearerChallenge(
  { quirks, origin }: AuthenticatorOptions,
  needed: readonly string[],
  insufficient: boolean,
): string {
  const scope = { needed: toScope(needed), none: '', wildcard: '*' }[quirks.challengeScope]
  const parameters = [
    `realm="${origin()}/token"`,
    'service="sallyport-testkit"',
    ...(scope ? [`scope="${scope}"`] : []),
    ...(insufficient ? ['error="insufficient_scope"'] : []),
  ]
  const challenge = `Bearer ${parameters.join(',')}`
  // Both schemes with the same parameters, separated by the comma that also separates parameters.
  return quirks.offersBasicBesideBearer ? `${challenge},Basic ${parameters.join(',')}` : challenge
}

function noTokens(): never {
  throw new RegistryFault(404, 'UNSUPPORTED', 'no token service')
}

function forbidden(): RegistryFault {
  return new RegistryFault(403, 'DENIED', 'this user or token has no permission for that')
}

function unauthorized(challenge: string): RegistryFault {
  return new RegistryFault(401, 'UNAUTHORIZED', 'authentication required', {
    headers: { 'www-authenticate': challenge },
  })
}
