import { isOneOf, listSecrets, type Secrets } from './secrets.ts'
import { refuseSender, type SenderCheck } from './sender-check.ts'

/** The header `name` holds the secret and nothing else. */
export function tokenInHeader(name: string, secret: Secrets): SenderCheck {
  const expected = listSecrets(secret)
  const header = name.toLowerCase()
  return ({ headers }) => {
    const given = Object.hasOwn(headers, header) ? headers[header] : undefined
    if (given === undefined) throw refuseSender(`no header ${header}`)
    if (!isOneOf(given, expected)) throw refuseSender(`another value of ${header}`)
  }
}

/** `authorization: Bearer <token>`. */
export function bearerToken(token: Secrets): SenderCheck {
  return tokenInHeader(
    'authorization',
    listSecrets(token).map((text) => `Bearer ${text}`),
  )
}

/** `authorization: Basic …` of this user name and password. */
export function basicCredentials(username: string, password: Secrets): SenderCheck {
  const encode = (text: string) => `Basic ${Buffer.from(`${username}:${text}`).toString('base64')}`
  return tokenInHeader('authorization', listSecrets(password).map(encode))
}

/**
 * The query parameter `name` of the URL holds the secret: for registries that can't send anything else. It ends up in
 * logs of proxies; change it when they are read by many.
 */
export function secretInQuery(name: string, secret: Secrets): SenderCheck {
  const expected = listSecrets(secret)
  return ({ path }) => {
    const query = path?.slice(path.indexOf('?') + 1 || path.length)
    const given = new URLSearchParams(query).getAll(name)
    if (given.length === 0) throw refuseSender('no secret in the query')
    // Two of them: which one counts would depend on who reads it.
    if (given.length > 1 || !isOneOf(given[0] ?? '', expected))
      throw refuseSender('another secret in the query')
  }
}
