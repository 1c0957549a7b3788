import { createHash, timingSafeEqual } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { matchWildcard } from '../match-wildcard.ts'
import { parseHtpasswd, type PasswordCheck } from './parse-htpasswd.ts'
import type { RegistryAuth, RepositoryGrant } from './registry-auth.ts'

/** A user whose password was right. */
export interface Account {
  readonly username: string
  /** Whether the user has a permission such as `team/app:pull`. */
  may(permission: string): boolean
}

/** The users of a registry. */
export interface Accounts {
  /** The account of somebody who knows its password. */
  signIn(username: string, password: string): Promise<Account | undefined>
  /** The account of somebody who signed in before. */
  get(username: string): Account | undefined
}

/** Collects the users of the options and of the htpasswd file. */
export async function openAccounts(auth: RegistryAuth): Promise<Accounts> {
  const { username, password, users = [], htpasswd } = auth
  const checks = htpasswd === undefined ? new Map() : parseHtpasswd(await readFile(htpasswd, 'utf8'))
  const accounts = new Map<string, Account & { readonly check: PasswordCheck }>()
  const add = (name: string, check: PasswordCheck, grants?: readonly RepositoryGrant[]) =>
    accounts.set(name, { username: name, check, may: (permission) => isGranted(grants, permission) })
  for (const [name, check] of checks) add(name, check)
  const listed = username === undefined ? users : [{ username, password: password ?? '' }, ...users]
  for (const user of listed) add(user.username, async (given) => equal(given, user.password), user.grants)

  // bcrypt is slow on purpose; what was right once need not be computed for each request.
  const known = new Set<string>()
  return {
    async signIn(name, given) {
      const account = accounts.get(name)
      if (!account) return undefined
      const key = fingerprint(`${name}:${given}`).toString('hex')
      if (!known.has(key) && !(await account.check(given))) return undefined
      known.add(key)
      return account
    },
    get: (name) => accounts.get(name),
  }
}

function isGranted(grants: readonly RepositoryGrant[] | undefined, permission: string): boolean {
  if (!grants || permission === catalogPermission) return true
  const at = permission.lastIndexOf(':')
  const [repository, action] = [permission.slice(0, at), permission.slice(at + 1)]
  return grants.some(
    (grant) =>
      (grant.actions as readonly string[]).includes(action) && matchWildcard(grant.repository, repository),
  )
}

/** The permission to list all repositories. */
export const catalogPermission = 'registry:catalog:*'

const fingerprint = (text: string) => createHash('sha256').update(text).digest()

function equal(a: string, b: string): boolean {
  return timingSafeEqual(fingerprint(a), fingerprint(b))
}
