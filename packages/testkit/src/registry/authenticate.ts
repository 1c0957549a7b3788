import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { RegistryRequest } from './recorded-request.ts'
import { RegistryFault } from './registry-fault.ts'
import { jsonResponse, type RegistryResponse } from './registry-response.ts'

/** Who may use the registry. */
export interface RegistryAuth {
  readonly username: string
  readonly password: string
  /** `basic`: credentials with each request. `token`: bearer tokens with scopes from `/token`. Default `basic`. */
  readonly scheme?: 'basic' | 'token' | undefined
  /** Let anybody read. Default `false`. */
  readonly anonymousPull?: boolean | undefined
}

/** Checks requests and hands out tokens. */
export interface Authenticator {
  /** @throws {RegistryFault} 401 with a challenge, when the request may not do what it asks. */
  check(request: RegistryRequest, headers: IncomingHttpHeaders): void
  /** Answers `GET /token` and `POST /token` (password grant). */
  issueToken(
    request: RegistryRequest,
    headers: IncomingHttpHeaders,
    body: AsyncIterable<Uint8Array>,
  ): Promise<RegistryResponse>
}

const maxFormBytes = 64 * 1024

/** Makes the checks of `auth`; tokens are valid as long as the registry runs. */
export function createAuthenticator(auth: RegistryAuth | undefined, origin: () => string): Authenticator {
  const tokens = new Map<string, ReadonlySet<string>>()
  const isUser = (username: string, password: string) =>
    auth !== undefined && equal(username, auth.username) && equal(password, auth.password)

  return {
    check(request, headers) {
      if (!auth || request.kind === 'token') return
      const needed = neededScopes(request)
      const onlyReads = needed.every((scope) => scope.endsWith(':pull'))
      if (auth.anonymousPull && needed.length > 0 && onlyReads && auth.scheme !== 'token') return
      if (auth.scheme !== 'token') {
        const credentials = parseBasic(headers.authorization)
        if (credentials && isUser(...credentials)) return
        throw unauthorized('Basic realm="sallyport testkit"')
      }
      const granted = tokens.get(/^Bearer (.+)$/i.exec(headers.authorization ?? '')?.[1] ?? '')
      if (granted && needed.every((scope) => granted.has(scope))) return
      const scope = challengeScope(request)
      const error = granted ? ',error="insufficient_scope"' : ''
      throw unauthorized(
        `Bearer realm="${origin()}/token",service="sallyport-testkit"${scope ? `,scope="${scope}"` : ''}${error}`,
      )
    },

    async issueToken({ method, query }, headers, body) {
      if (auth?.scheme !== 'token') throw new RegistryFault(404, 'UNSUPPORTED', 'no token service')
      const form = method === 'POST' ? new URLSearchParams(await readForm(body)) : query
      const credentials: readonly [string, string] | undefined =
        method === 'POST'
          ? [form.get('username') ?? '', form.get('password') ?? '']
          : parseBasic(headers.authorization)
      const known = credentials !== undefined && isUser(...credentials)
      if (!known && (credentials !== undefined || !auth.anonymousPull)) {
        throw unauthorized('Basic realm="sallyport testkit token"')
      }
      const scopes = form
        .getAll('scope')
        .flatMap((value) => value.split(' '))
        .flatMap(expandScope)
        .filter((scope) => known || scope.endsWith(':pull'))
      const token = randomBytes(24).toString('base64url')
      tokens.set(token, new Set(scopes))
      return jsonResponse(200, { token, access_token: token, expires_in: 300 })
    },
  }
}

/** The single permissions a request needs, e.g. `team/app:pull`. */
function neededScopes({ method, kind, repository, query }: RegistryRequest): string[] {
  if (repository === undefined) return kind === 'catalog' ? ['registry:catalog:*'] : []
  const reading = method === 'GET' || method === 'HEAD'
  if (kind === 'upload' || !reading) {
    const from = query.get('from')
    const actions = method === 'DELETE' && kind !== 'upload' ? ['delete'] : ['pull', 'push']
    return [...actions.map((action) => `${repository}:${action}`), ...(from ? [`${from}:pull`] : [])]
  }
  return [`${repository}:pull`]
}

function challengeScope(request: RegistryRequest): string {
  if (request.kind === 'catalog') return 'registry:catalog:*'
  const actions = new Map<string, string[]>()
  for (const scope of neededScopes(request)) {
    const at = scope.lastIndexOf(':')
    const name = scope.slice(0, at)
    actions.set(name, [...(actions.get(name) ?? []), scope.slice(at + 1)])
  }
  return [...actions].map(([name, list]) => `repository:${name}:${list.join(',')}`).join(' ')
}

function expandScope(scope: string): string[] {
  if (scope === 'registry:catalog:*') return [scope]
  const match = /^repository:(.+):([a-z*,]+)$/.exec(scope)
  if (!match) return []
  const actions = match[2] === '*' ? ['pull', 'push', 'delete'] : match[2]!.split(',')
  return actions.map((action) => `${match[1]}:${action}`)
}

async function readForm(body: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of body) {
    text += Buffer.from(chunk).toString('latin1')
    if (text.length > maxFormBytes) throw new RegistryFault(413, 'SIZE_INVALID', 'form too large')
  }
  return text
}

function parseBasic(header: string | undefined): readonly [string, string] | undefined {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header ?? '')?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const at = text.indexOf(':')
  return at < 0 ? undefined : [text.slice(0, at), text.slice(at + 1)]
}

function equal(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(hash(a), hash(b))
}

function unauthorized(challenge: string): RegistryFault {
  return new RegistryFault(401, 'UNAUTHORIZED', 'authentication required', {
    headers: { 'www-authenticate': challenge },
  })
}
