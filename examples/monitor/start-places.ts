import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createRegistryClient, type RegistryClient } from '@sallyport/oci'
import { startRegistry, type TestRegistry } from '@sallyport/testkit'

const users = ['gate', 'mallory', 'monitor'] as const

/** The registries of the example. */
export interface Places extends AsyncDisposable {
  /** Anybody may push here. */
  readonly build: TestRegistry
  /** Each user signs in with the name as password. */
  readonly production: TestRegistry
  /** A client that signs in to production. */
  clientOf(user: (typeof users)[number]): RegistryClient
  /** Port that production tells at. */
  readonly port: number
}

/** Starts two registries, and makes the gate's the credentials of Docker's configuration in the working folder. */
export async function startPlaces(token: string, buildHook: string): Promise<Places> {
  await using resources = new AsyncDisposableStack()
  const port = await findPort()
  const headers = { authorization: `Bearer ${token}` }
  const build = resources.use(await startRegistry({ notifications: { url: buildHook, headers } }))
  const production = resources.use(
    await startRegistry({
      auth: {
        users: users.map((name) => ({ username: name, password: name })),
      },
      notifications: { url: `http://127.0.0.1:${port}/hooks/registry`, headers, attempts: 2 },
    }),
  )
  await mkdir('docker')
  const auth = Buffer.from('gate:gate').toString('base64')
  await writeFile('docker/config.json', JSON.stringify({ auths: { [production.host]: { auth } } }))
  const kept = resources.move()
  return {
    build,
    production,
    port,
    clientOf: (user) =>
      kept.use(
        createRegistryClient({
          credentials: { find: async () => ({ type: 'password', username: user, password: user }) },
        }),
      ),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

async function findPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
