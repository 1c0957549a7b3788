import { loopbackHost } from './request-origin.ts'

/** The cookie that holds the id of a session. */
export interface SessionCookie {
  /** The id that a request brings; `undefined` also where it brings several, of which one is somebody else's. */
  read(headers: Headers): string | undefined
  write(id: string): string
  remove(): string
}

/**
 * A cookie that scripts can't read, that is sent with nothing that another site began, and that ends with the browser.
 * Over TLS no other host and no plain connection can set it. Cookies know no ports: on this machine it goes only to
 * servers that know the prefix, on another host to all of that host.
 */
export function sessionCookie(origin: string, prefix: string): SessionCookie {
  const isSecure = origin.startsWith('https:')
  // `__Host-` allows no path.
  const hasPath = prefix !== '' && (!isSecure || loopbackHost.test(new URL(origin).host))
  const name = `${isSecure ? (hasPath ? '__Secure-' : '__Host-') : ''}sallyport-review`
  const attributes = `Path=${hasPath ? prefix : '/'}; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`
  return {
    read(headers) {
      const ids = (headers.get('cookie') ?? '').split(';').flatMap((pair) => {
        const [key, value] = pair.trim().split('=', 2)
        return key === name ? [value ?? ''] : []
      })
      return ids.length === 1 && /^[\w-]{43}$/.test(ids[0]!) ? ids[0] : undefined
    },
    write: (id) => `${name}=${id}; ${attributes}`,
    remove: () => `${name}=; ${attributes}; Max-Age=0`,
  }
}
