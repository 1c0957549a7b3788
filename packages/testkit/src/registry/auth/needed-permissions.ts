import type { RegistryRequest } from '../recorded-request.ts'
import { catalogPermission } from './open-accounts.ts'

/** The single permissions a request needs, e.g. `team/app:pull`. */
export function neededPermissions({ method, kind, repository, query }: RegistryRequest): string[] {
  if (repository === undefined) return kind === 'catalog' ? [catalogPermission] : []
  const reading = method === 'GET' || method === 'HEAD'
  if (kind === 'upload' || !reading) {
    const from = query.get('from')
    const actions = method === 'DELETE' && kind !== 'upload' ? ['delete'] : ['pull', 'push']
    return [...actions.map((action) => `${repository}:${action}`), ...(from ? [`${from}:pull`] : [])]
  }
  return [`${repository}:pull`]
}

/** Permissions as scopes of a challenge or token, e.g. `repository:team/app:pull,push`. */
export function toScope(permissions: readonly string[]): string {
  const actions = new Map<string, string[]>()
  for (const permission of permissions) {
    if (permission === catalogPermission) continue
    const at = permission.lastIndexOf(':')
    const name = permission.slice(0, at)
    actions.set(name, [...(actions.get(name) ?? []), permission.slice(at + 1)])
  }
  const scopes = [...actions].map(([name, list]) => `repository:${name}:${list.join(',')}`)
  return [...(permissions.includes(catalogPermission) ? [catalogPermission] : []), ...scopes].join(' ')
}

/** The permissions of one scope; what is no scope has none. */
export function parseScope(scope: string): string[] {
  if (scope === catalogPermission) return [scope]
  const match = /^repository(?:\([a-z0-9]+\))?:(.+):([a-z*,]+)$/.exec(scope)
  if (!match) return []
  const actions = match[2] === '*' ? ['pull', 'push', 'delete'] : match[2]!.split(',')
  return actions.map((action) => `${match[1]}:${action}`)
}
