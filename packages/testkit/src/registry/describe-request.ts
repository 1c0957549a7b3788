import type { IncomingMessage } from 'node:http'
import { isDigest } from '@sallyport/core'
import type { RegistryRequest } from './recorded-request.ts'
import { isTag, type Route, routeRequest } from './route-request.ts'

/** What a request is about, from its method, path and headers. */
export function describeRequest(incoming: IncomingMessage): { request: RegistryRequest; route: Route } {
  const [path = '/', search = ''] = splitOnce(incoming.url ?? '/', '?')
  const query = new URLSearchParams(search)
  const route = routeRequest(path)
  const named = route.kind === 'upload' ? (query.get('digest') ?? query.get('mount')) : route.argument
  const reference = route.kind === 'manifest' ? route.argument : undefined
  const request: RegistryRequest = {
    method: incoming.method ?? 'GET',
    path,
    query,
    kind: route.kind,
    repository: route.repository,
    reference,
    digest: isDigest(named) ? named : undefined,
    isTag: reference !== undefined && isTag(reference),
    authorization: incoming.headers.authorization?.split(' ')[0]?.toLowerCase(),
    userAgent: incoming.headers['user-agent'],
  }
  return { request, route }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}
