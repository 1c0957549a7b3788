import { createServer } from 'node:http'
import type { AddressInfo, LookupFunction } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Agent, buildConnector, request } from 'undici'
import { against } from '../testing/against-script.ts'
import { createRegistryClient } from '../registry/create-registry-client.ts'
import { startScriptedServer } from '../testing/scripted-server.ts'
import type { AddressScope } from './address-scope.ts'
import { createGuardedConnector, createSeenScopes, isForbiddenAddress } from './guarded-connector.ts'
import { createTlsContexts } from './registry-tls.ts'

/** Resolves every name to the addresses that stand in a table. */
function tableLookup(table: Readonly<Record<string, readonly string[]>>): LookupFunction {
  return (hostname, options, callback) => {
    const all = (table[hostname] ?? []).map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    const [first] = all
    if (first === undefined) callback(Object.assign(new Error('no such host'), { code: 'ENOTFOUND' }), [])
    else if (options.all) callback(null, all)
    else callback(null, first.address, first.family)
  }
}

const server = createServer((_, response) => void response.end('inside'))
let port = 0
beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => void server.close())

describe('createGuardedConnector', () => {
  async function reach(
    host: string,
    lookup: LookupFunction,
    scope: AddressScope | undefined,
    sameHost = false,
  ): Promise<string> {
    const connect = createGuardedConnector({
      buildConnector,
      lookup,
      timeoutMs: 5000,
      tls: createTlsContexts(undefined, undefined),
      seen: createSeenScopes(),
      leader: scope === undefined ? undefined : { scope, sameHost },
    })
    const agent = new Agent({ connect })
    try {
      const answer = await request(`http://${host}:${port}/`, { dispatcher: agent })
      return await answer.body.text()
    } catch (error) {
      return isForbiddenAddress(error) ? 'forbidden' : String((error as { code?: unknown }).code)
    } finally {
      await agent.destroy()
    }
  }

  it.each([
    ['who was not led', undefined, 'inside'],
    ['a server on this machine', 'loopback', 'inside'],
    ['a server in the own network', 'private', 'forbidden'],
    ['a public server', 'public', 'forbidden'],
  ] as const)('lets %s come to a name of this machine: %s', async (_, scope, expected) => {
    expect(await reach('inner.test', tableLookup({ 'inner.test': ['127.0.0.1'] }), scope)).toBe(expected)
    expect(await reach('127.0.0.1', tableLookup({}), scope)).toBe(expected)
  })

  it.each(['169.254.169.254', '::ffff:169.254.169.254', 'fe80::1', 'fd00:ec2::254', '64:ff9b::a9fe:a9fe'])(
    'lets nobody be led to a name that means %s',
    async (address) => {
      for (const scope of ['public', 'private', 'loopback', 'link-local'] as const) {
        expect(await reach('meta.test', tableLookup({ 'meta.test': [address] }), scope)).toBe('forbidden')
      }
    },
  )

  it('passes over the forbidden addresses of a name, and connects to the others', async () => {
    const lookup = tableLookup({ 'both.test': ['169.254.169.254', '127.0.0.1'] })
    expect(await reach('both.test', lookup, 'loopback')).toBe('inside')
  })

  it('takes the address that is connected to, not one that was resolved before', async () => {
    let times = 0
    const lookup: LookupFunction = (hostname, options, callback) =>
      tableLookup({ 'rebind.test': [times++ === 0 ? '192.0.2.1' : '127.0.0.1'] })(hostname, options, callback)
    lookup('rebind.test', {}, () => undefined)
    expect(await reach('rebind.test', lookup, 'public')).toBe('forbidden')
  })

  it('passes on that a name is unknown', async () => {
    expect(await reach('nowhere.test', tableLookup({}), 'public')).toBe('ENOTFOUND')
  })
})

describe('createSeenScopes', () => {
  it('keeps the furthest place of a host', () => {
    const seen = createSeenScopes()
    for (const scope of ['loopback', 'public', 'private'] as const) seen.add('r.example', scope)
    expect([seen.of('r.example'), seen.of('other.example')]).toEqual(['public', undefined])
  })
})

describe('a registry that leads to a name of cloud metadata', () => {
  const lookup = tableLookup({ 'meta.test': ['169.254.169.254'], 'registry.test': ['127.0.0.1'] })

  it('is not followed by a redirect', async () => {
    await using here = await against(
      (_, response) => void response.writeHead(307, { location: 'http://meta.test/latest' }).end(),
      { lookup },
    )
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({
      name: 'OciError',
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('meta.test'),
      retryable: false,
    })
    expect(here.seen).toHaveLength(1)
  })

  it('gets no token asked for', async () => {
    await using here = await against(
      (_, response) =>
        void response.writeHead(401, { 'www-authenticate': 'Bearer realm="http://meta.test/token"' }).end(),
      { lookup, credentials: { find: async () => ({ type: 'password', username: 'u', password: 'p' }) } },
    )
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({
      name: 'OciError',
      code: 'UNAUTHORIZED',
    })
    expect(here.seen).toHaveLength(1)
  })

  it('gets no blob', async () => {
    await using here = await against(
      ({ method }, response) =>
        void response.writeHead(method === 'POST' ? 202 : 404, { location: 'http://meta.test/upload' }).end(),
      { lookup },
    )
    const blob = { mediaType: 'a/b', size: 2, digest: `sha256:${'a'.repeat(64)}` } as const
    await expect(here.repository.write(blob, (async function* () {})())).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      message: expect.stringContaining('meta.test'),
    })
  })

  it('may lead to addresses as near as its own, once it has been reached', async () => {
    await using inner = await startScriptedServer((_, response) => void response.end('{}'))
    await using outer = await startScriptedServer(
      (_, response) => void response.writeHead(307, { location: `http://${inner.host}/x` }).end(),
    )
    const registry = outer.host.replace('127.0.0.1', 'registry.test')
    await using client = createRegistryClient({ lookup, plainHttp: true, proxyEnvironment: {} })
    const repository = client.repository({ registry, repository: 'a' })
    await expect(repository.getManifest('v1')).rejects.toMatchObject({ code: 'MANIFEST_INVALID' })
    expect(inner.seen).toHaveLength(1)
  })
})
