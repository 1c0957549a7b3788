import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { catalogPermission } from './open-accounts.ts'
import { parseScope, toScope } from './needed-permissions.ts'

describe('parseScope', () => {
  it.each([
    ['repository:team/app:pull', ['team/app:pull']],
    ['repository:team/app:pull,push', ['team/app:pull', 'team/app:push']],
    ['repository:team/app:*', ['team/app:pull', 'team/app:push', 'team/app:delete']],
    ['repository(plugin):team/app:pull', ['team/app:pull']],
    ['repository:host:5000/app:pull', ['host:5000/app:pull']],
    ['registry:catalog:*', [catalogPermission]],
    ['registry:catalog:pull', []],
    ['repository:team/app', []],
    ['*', []],
    ['', []],
  ])('%s allows %j', (scope, permissions) => expect(parseScope(scope)).toEqual(permissions))
})

it('toScope and parseScope are the inverse of each other', () => {
  const permission = fc
    .tuple(fc.stringMatching(/^[a-z0-9]{1,5}(\/[a-z0-9]{1,5})?$/), fc.constantFrom('pull', 'push', 'delete'))
    .map(([name, action]) => `${name}:${action}`)
  const permissions = fc.uniqueArray(fc.oneof(permission, fc.constant(catalogPermission)))
  fc.assert(
    fc.property(permissions, (all) => {
      const again = toScope(all).split(' ').flatMap(parseScope)
      expect(again.sort()).toEqual([...all].sort())
    }),
  )
})
