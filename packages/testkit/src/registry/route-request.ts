import { isDigest } from '@sallyport/core'
import type { RequestKind } from './recorded-request.ts'

/** Where a path leads. `argument` is the tag or digest, or the id of an upload session. */
export interface Route {
  readonly kind: RequestKind
  readonly repository?: string | undefined
  readonly argument?: string | undefined
}

const routes: readonly (readonly [RequestKind, RegExp])[] = [
  ['ping', /^\/v2\/?$/],
  ['token', /^\/token$/],
  ['login', /^\/login$/],
  ['catalog', /^\/v2\/_catalog$/],
  ['tags', /^\/v2\/(?<repository>.+)\/tags\/list$/],
  ['upload', /^\/v2\/(?<repository>.+)\/blobs\/uploads\/?(?<argument>[^/]+)?$/],
  ['blob', /^\/v2\/(?<repository>.+)\/blobs\/(?<argument>[^/]+)$/],
  ['blob', /^\/storage\/(?<repository>.+)\/(?<argument>[^/]+)$/],
  ['manifest', /^\/v2\/(?<repository>.+)\/manifests\/(?<argument>[^/]+)$/],
  ['referrers', /^\/v2\/(?<repository>.+)\/referrers\/(?<argument>[^/]+)$/],
]

/** Finds what a path is about (OCI distribution specification, "Endpoints"). */
export function routeRequest(path: string): Route {
  for (const [kind, pattern] of routes) {
    const match = pattern.exec(path)
    if (match) return { kind, repository: match.groups?.repository, argument: match.groups?.argument }
  }
  return { kind: 'unknown' }
}

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*'
const namePattern = new RegExp(`^${component}(?:/${component})*$`)

/** Whether a repository name follows the specification's grammar. */
export function isRepositoryName(name: string): boolean {
  return name.length <= 255 && namePattern.test(name)
}

/** Whether a manifest reference is a tag by the specification's grammar. */
export function isTag(reference: string): boolean {
  return !isDigest(reference) && /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/.test(reference)
}
