import { createRegistryClient } from '@sallyport/oci'
import { createImage, pushImage, startRegistry, type TestRegistry } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PullCredentials } from '../ports/image-verifier.ts'
import { type PullingClients, pullingClients } from './pulling-clients.ts'

const passwords = { owner: 'o-pw', alice: 'a-pw', bob: 'b-pw' }
type User = keyof typeof passwords

/** Credentials of somebody, under a scope of that name. */
const of = (user: User, scope: string = user): PullCredentials => ({
  scope,
  provider: { find: async () => ({ type: 'password', username: user, password: passwords[user] }) },
})

let resources: AsyncDisposableStack
beforeEach(() => void (resources = new AsyncDisposableStack()))
afterEach(() => resources.disposeAsync())

/** A registry whose repository `team/app` only its owner and Alice may read. */
async function start(scheme: 'basic' | 'token'): Promise<TestRegistry> {
  const grants = (name: User) =>
    name === 'owner'
      ? undefined
      : [{ repository: name === 'alice' ? 'team/*' : 'other/*', actions: ['pull'] as const }]
  const users = (Object.keys(passwords) as User[]).map((name) => ({
    username: name,
    password: passwords[name],
    grants: grants(name),
  }))
  const registry = resources.use(await startRegistry({ auth: { users, scheme } }))
  await using client = createRegistryClient({ credentials: of('owner').provider, settleMs: 0 })
  const target = client.repository({ registry: registry.host, repository: 'team/app' })
  await pushImage(target, createImage({ layers: [{ files: { '/app': 'app' } }] }), '1')
  return registry
}

/** Whether an image can be read. */
const reads = (clients: PullingClients, { host }: TestRegistry, credentials: PullCredentials | undefined) =>
  clients
    .repository({ registry: host, repository: 'team/app' }, credentials)
    .getManifest('1')
    .then(
      () => true,
      () => false,
    )

describe.each(['basic', 'token'] as const)('pullingClients, of a registry with %s', (scheme) => {
  it.each([64, 1])('lets what one may read be read by nobody else, with %i scopes', async (maxScopes) => {
    const registry = await start(scheme)
    const clients = resources.use(pullingClients({ client: { retry: { attempts: 1 } }, maxScopes }))
    const asked = [of('alice'), of('bob'), undefined, of('alice'), of('bob'), undefined]
    const answers: boolean[] = []
    for (const credentials of asked) answers.push(await reads(clients, registry, credentials))
    expect(answers).toEqual([true, false, false, true, false, false])
  })

  it('does not take a scope called like the one without credentials for it', async () => {
    const registry = await start(scheme)
    const client = { retry: { attempts: 1 }, credentials: of('alice').provider }
    const clients = resources.use(pullingClients({ client }))
    expect(await reads(clients, registry, undefined)).toBe(true)
    expect(await reads(clients, registry, of('bob', 'default'))).toBe(false)
  })
})

it('signs in once for a scope, as long as that is kept', async () => {
  const registry = await start('token')
  const clients = resources.use(pullingClients({ client: { retry: { attempts: 1 } } }))
  registry.clearRequests()
  for (let at = 0; at < 3; at++) expect(await reads(clients, registry, of('alice'))).toBe(true)
  expect(registry.requests.filter(({ kind }) => kind === 'token')).toHaveLength(1)
})
