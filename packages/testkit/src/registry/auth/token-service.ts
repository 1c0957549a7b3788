import { randomBytes } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { RegistryQuirks } from '../quirks/registry-quirks.ts'
import type { RegistryRequest } from '../recorded-request.ts'
import { RegistryFault } from '../registry-fault.ts'
import { jsonResponse, type RegistryResponse } from '../registry-response.ts'
import { parseScope, toScope } from './needed-permissions.ts'
import type { Account, Accounts } from './open-accounts.ts'
import { parseBasic } from './parse-basic.ts'

const maxFormBytes = 64 * 1024

/** What a token is worth. */
export interface Grant {
  readonly username: string | undefined
  /** Whether the token allows a permission such as `team/app:pull`. */
  may(permission: string): boolean
}

/** Hands out tokens and knows them again. */
export interface TokenService {
  /** The grant of a token that is valid now. */
  find(token: string): Grant | undefined
  /**
   * Answers `GET /token` (distribution's token authentication) and `POST /token` (its OAuth2 variant, with the password
   * and refresh_token grants).
   *
   * @throws {RegistryFault} 401 for wrong credentials, 400 for another grant type.
   */
  issue(
    request: RegistryRequest,
    headers: IncomingHttpHeaders,
    body: AsyncIterable<Uint8Array>,
  ): Promise<RegistryResponse>
}

/** What a {@link TokenService} needs. */
export interface TokenServiceOptions {
  readonly accounts: Accounts
  readonly anonymousPull: boolean
  readonly lifetimeSeconds: number
  readonly quirks: RegistryQuirks
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Tokens are random texts that only this service can read. */
export function createTokenService(options: TokenServiceOptions): TokenService {
  const { accounts, anonymousPull, lifetimeSeconds, quirks, now } = options
  const tokens = new Map<string, Grant & { readonly expires: number }>()
  const refreshTokens = new Map<string, string>()

  const authenticate = async (form: URLSearchParams, headers: IncomingHttpHeaders, isPost: boolean) => {
    if (isPost && form.get('grant_type') === 'refresh_token') {
      const username = refreshTokens.get(form.get('refresh_token') ?? '')
      const account = username === undefined ? undefined : accounts.get(username)
      if (!account) throw refused()
      return account
    }
    if (isPost && form.get('grant_type') !== 'password') {
      throw new RegistryFault(400, 'UNSUPPORTED', 'grant_type is neither password nor refresh_token')
    }
    const credentials: readonly [string, string] | undefined = isPost
      ? [form.get('username') ?? '', form.get('password') ?? '']
      : parseBasic(headers.authorization)
    const account = credentials && (await accounts.signIn(...credentials))
    if (!account && (credentials || !anonymousPull)) throw refused()
    return account
  }

  const grantOf = (form: URLSearchParams, account: Account | undefined): string[] =>
    form
      .getAll('scope')
      .flatMap((value) => value.split(' '))
      .filter((scope) => scope !== '')
      .slice(0, quirks.maxTokenScopes)
      .flatMap(parseScope)
      .filter((permission) => may(account, permission))

  return {
    find(token) {
      const grant = tokens.get(token)
      return grant && grant.expires > now() ? grant : undefined
    },
    async issue({ method, query }, headers, body) {
      const isPost = method === 'POST'
      if (isPost ? !quirks.tokenPost : method !== 'GET')
        throw new RegistryFault(405, 'UNSUPPORTED', 'use GET')
      const form = isPost ? new URLSearchParams(await readForm(body)) : query
      const account = await authenticate(form, headers, isPost)
      const permissions = new Set(grantOf(form, account))
      // A registry whose challenge names no repository gives tokens for whatever the user may do.
      const general = quirks.challengeScope !== 'needed'
      const token = randomBytes(24).toString('base64url')
      tokens.set(token, {
        username: account?.username,
        may: (permission) => (general ? may(account, permission) : permissions.has(permission)),
        expires: now() + lifetimeSeconds * 1000,
      })
      const wantsRefresh = isPost
        ? form.get('access_type') === 'offline' || form.get('grant_type') === 'refresh_token'
        : form.get('offline_token') === 'true'
      const refresh = wantsRefresh && account ? refreshTokenOf(account.username) : undefined
      return jsonResponse(200, {
        ...(isPost ? { scope: toScope([...permissions]) } : { token }),
        access_token: token,
        expires_in: lifetimeSeconds,
        issued_at: new Date(now()).toISOString(),
        ...(refresh === undefined ? {} : { refresh_token: refresh }),
      })
    },
  }

  function refreshTokenOf(username: string): string {
    const token = randomBytes(24).toString('base64url')
    refreshTokens.set(token, username)
    return token
  }
}

function may(account: Account | undefined, permission: string): boolean {
  return account ? account.may(permission) : permission.endsWith(':pull')
}

function refused(): RegistryFault {
  return new RegistryFault(401, 'UNAUTHORIZED', 'authentication required', {
    headers: { 'www-authenticate': 'Basic realm="sallyport testkit token"' },
  })
}

async function readForm(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of body) {
    text += Buffer.from(chunk).toString('latin1')
    if (text.length > maxFormBytes) throw new RegistryFault(413, 'SIZE_INVALID', 'form too large')
  }
  return text
}
