import { HardenError } from '../../errors.ts'
import { checkMirrorPath } from './check-mirror-path.ts'
import { limitBytes } from './limit-bytes.ts'
import type { MirrorReader } from './mirror-reader.ts'

/** Options of {@link httpMirror}. */
export interface HttpMirrorOptions {
  /** Longest time for one file, in milliseconds. Default 300,000. */
  readonly timeoutMs?: number | undefined
  /** Other hosts (`host` or `host:port`) that the mirror may redirect to. Default none. */
  readonly redirectHosts?: readonly string[] | undefined
  /** Headers of each request to the mirror's own host, e.g. `authorization`. Default none. */
  readonly headers?: Readonly<Record<string, string>> | undefined
}

const maxRedirects = 5

/**
 * Reads a mirror over http or https. Redirects are followed on the same host and to `redirectHosts`, never from https
 * to http. Plain http is no weakness here: what a mirror says counts only with a signature.
 *
 * @throws {TypeError} when `url` is no http or https address, or holds a name and password, a query or a fragment.
 */
export function httpMirror(
  url: string | URL,
  { timeoutMs = 300_000, redirectHosts = [], headers = {} }: HttpMirrorOptions = {},
): MirrorReader {
  const base = new URL(url)
  if (base.protocol !== 'https:' && base.protocol !== 'http:')
    throw new TypeError(`a mirror has an http or https address, not ${base.protocol}`)
  if (base.username !== '' || base.password !== '')
    throw new TypeError('credentials of a mirror belong into `headers`, not into its address')
  // What is asked for is appended; and a query may hold a secret, which messages would show.
  if (base.search !== '' || base.hash !== '')
    throw new TypeError('the address of a mirror has no query and no fragment')
  const allowed = new Set([base.host, ...redirectHosts])

  return {
    async *read(path, { maxBytes, signal }) {
      signal?.throwIfAborted()
      const timeout = AbortSignal.timeout(timeoutMs)
      const stop = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
      const target = new URL(`${base.href.replace(/\/+$/, '')}/${checkMirrorPath(path)}`)
      try {
        const response = await request(target, stop)
        const announced = Number(response.headers.get('content-length') ?? 0)
        if (announced > maxBytes) {
          await response.body?.cancel()
          throw new HardenError('LIMIT_EXCEEDED', `${target.href}: ${announced} of ${maxBytes} bytes`)
        }
        if (response.body) yield* limitBytes(response.body, maxBytes, target.href)
      } catch (error) {
        if (error instanceof HardenError) throw error
        signal?.throwIfAborted()
        const what = timeout.aborted ? `took more than ${timeoutMs} ms` : 'could not be read'
        throw new HardenError('MIRROR_UNAVAILABLE', `${target.href}: ${what}`, { cause: error })
      }
    },
  }

  async function request(first: URL, signal: AbortSignal): Promise<Response> {
    let target = first
    for (let redirects = 0; redirects <= maxRedirects; redirects++) {
      // The mirror's credentials go to nobody else.
      const own = target.host === base.host ? headers : {}
      // Packages are compressed already; an encoding on top would not have the announced length.
      const response = await fetch(target, {
        redirect: 'manual',
        headers: { ...own, 'accept-encoding': 'identity' },
        signal,
      })
      if (response.status === 200) return response
      await response.body?.cancel()
      if (response.status === 404 || response.status === 410)
        throw new HardenError('MIRROR_FILE_MISSING', `${first.href}: the mirror has no such file`)
      const location = response.headers.get('location')
      if (response.status < 300 || response.status >= 400 || location === null)
        throw new HardenError('MIRROR_UNAVAILABLE', `${first.href}: answered ${response.status}`)
      const next = new URL(location, target)
      const isDowngrade = target.protocol === 'https:' && next.protocol !== 'https:'
      if (!allowed.has(next.host) || isDowngrade || !/^https?:$/.test(next.protocol))
        throw new HardenError(
          'MIRROR_UNAVAILABLE',
          `${first.href}: redirected to ${next.origin}, which \`redirectHosts\` does not allow`,
        )
      target = next
    }
    throw new HardenError('MIRROR_UNAVAILABLE', `${first.href}: more than ${maxRedirects} redirects`)
  }
}
