import { createServer } from 'node:https'
import type { AddressInfo, LookupFunction } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { createRegistryClient, type RegistryClientOptions } from '../registry/create-registry-client.ts'
import { startConnectProxy } from '../testing/connect-proxy.ts'
import { collect, sampleImage } from '../testing/sample-image.ts'
import { startScriptedServer } from '../testing/scripted-server.ts'
import { testCertificates } from '../testing/test-certificates.ts'

const certificates = testCertificates()
const { manifest, blobs } = sampleImage([200_000])
const { blob, bytes } = blobs[1]!

/** Every name is this machine. */
const lookup: LookupFunction = (_, options, callback) =>
  options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4)

interface TlsRegistry extends AsyncDisposable {
  readonly port: number
  /** The name in the client's certificate, for each request. */
  readonly clients: (string | undefined)[]
}

async function startTlsRegistry(
  answer: (path: string) => { readonly location: string } | undefined = () => undefined,
): Promise<TlsRegistry> {
  const clients: (string | undefined)[] = []
  const server = createServer(
    { ...certificates.server, ca: certificates.ca, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const socket = request.socket as TLSSocket
      clients.push(socket.authorized ? String(socket.getPeerCertificate().subject.CN) : undefined)
      const redirect = answer(request.url ?? '')
      if (redirect !== undefined) return void response.writeHead(307, redirect).end()
      if (request.url?.includes('/blobs/')) return void response.end(bytes)
      response.writeHead(200, { 'content-type': mediaTypes.ociManifest }).end(manifest.bytes)
    },
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    clients,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function clientOf(options: RegistryClientOptions) {
  const client = createRegistryClient({ proxyEnvironment: {}, retry: { attempts: 1 }, ...options })
  return {
    at: (registry: string) => client.repository({ registry, repository: 'team/app' }),
    [Symbol.asyncDispose]: () => client.close(),
  }
}

const { ca, client: clientCertificate } = certificates

describe('TLS', () => {
  it('refuses a registry whose authority is unknown', async () => {
    await using server = await startTlsRegistry()
    await using client = clientOf({ lookup })
    await expect(client.at(`registry.test:${server.port}`).getManifest('v1')).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      retryable: false,
    })
  })

  it('takes an authority for all registries, or for one', async () => {
    await using server = await startTlsRegistry()
    const registry = `registry.test:${server.port}`
    await using all = clientOf({ lookup, ca })
    await all.at(registry).getManifest('v1')
    await using one = clientOf({ lookup, tls: { [registry]: { ca } } })
    await one.at(registry).getManifest('v1')
    await expect(one.at(`other.test:${server.port}`).getManifest('v1')).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
    })
    expect(server.clients).toEqual([undefined, undefined])
  })

  it('refuses a certificate for another name', async () => {
    await using server = await startTlsRegistry()
    await using client = clientOf({ lookup, ca })
    await expect(client.at(`wrong.test:${server.port}`).getManifest('v1')).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      retryable: false,
    })
  })

  it.each([
    ['a table', (registry: string) => ({ [registry]: clientCertificate })],
    [
      'a function',
      (registry: string) => (host: string) => (host === registry ? clientCertificate : undefined),
    ],
  ])('shows a client certificate from %s to its registry only', async (_, settings) => {
    await using server = await startTlsRegistry()
    const registry = `registry.test:${server.port}`
    await using client = clientOf({ lookup, ca, tls: settings(registry) })
    await client.at(registry).getManifest('v1')
    await client.at(`other.test:${server.port}`).getManifest('v1')
    await client
      .at(`127.0.0.1:${server.port}`)
      .getManifest('v1')
      .catch(() => undefined)
    expect(server.clients).toEqual(['gate', undefined])
  })

  it('shows no client certificate where another registry leads to', async () => {
    await using inner = await startTlsRegistry()
    const registry = `registry.test:${inner.port}`
    await using outer = await startTlsRegistry(() => ({ location: `https://${registry}/v2/secret/blobs/x` }))
    await using client = clientOf({ lookup, ca, tls: { [registry]: clientCertificate } })
    expect(await collect(client.at(`other.test:${outer.port}`).open(blob))).toEqual(Buffer.from(bytes))
    await client.at(registry).getManifest('v1')
    expect(inner.clients).toEqual([undefined, 'gate'])
  })

  it.each([
    ['the passphrase is wrong', { ...clientCertificate, passphrase: 'wrong word' }],
    ['the key is no PEM', { ...clientCertificate, key: 'no PEM' }],
  ])('says so when %s, without the secret', async (_, settings) => {
    await using server = await startTlsRegistry()
    const registry = `registry.test:${server.port}`
    await using client = clientOf({ lookup, tls: { [registry]: settings } })
    await expect(client.at(registry).getManifest('v1')).rejects.toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.not.stringContaining('wrong word'),
    })
  })
})

describe('proxies', () => {
  const basic = `Basic ${Buffer.from('gate:pass:word').toString('base64')}`

  it('carry TLS in a tunnel, with client certificates', async () => {
    await using server = await startTlsRegistry()
    await using proxy = await startConnectProxy(basic)
    const registry = `registry.test:${server.port}`
    await using client = clientOf({
      ca,
      tls: { [registry]: clientCertificate },
      proxyEnvironment: { HTTPS_PROXY: `http://gate:pass%3Aword@${proxy.host}` },
    })
    await client.at(registry).getManifest('v1')
    expect(await collect(client.at(registry).open(blob))).toEqual(Buffer.from(bytes))
    await client.at(`other.test:${server.port}`).getManifest('v1')
    expect(new Set(proxy.seen.map(({ line }) => line))).toEqual(
      new Set([`CONNECT ${registry}`, `CONNECT other.test:${server.port}`]),
    )
    expect(new Set(proxy.seen.map(({ authorization }) => authorization))).toEqual(new Set([basic]))
    expect(server.clients).toEqual(['gate', 'gate', undefined])
  })

  it('forward plain HTTP, with long header fields', async () => {
    await using server = await startScriptedServer((_, response) => {
      response.writeHead(200, { 'content-type': mediaTypes.ociManifest, 'x-long': 'x'.repeat(40_000) })
      response.end(manifest.bytes)
    })
    await using proxy = await startConnectProxy()
    await using client = clientOf({
      plainHttp: true,
      proxyEnvironment: { http_proxy: `http://${proxy.host}` },
    })
    const registry = server.host.replace('127.0.0.1', 'registry.test')
    await client.at(registry).getManifest('v1')
    expect(proxy.seen.map(({ line }) => line)).toEqual([`GET http://${registry}/v2/team/app/manifests/v1`])
    expect(server.seen[0]?.headers['proxy-authorization']).toBeUndefined()
  })

  it.each([
    ['no_proxy names the host', { NO_PROXY: 'registry.test' }],
    ['they are switched off', false],
  ] as const)('are left out when %s', async (_, off) => {
    await using server = await startTlsRegistry()
    await using proxy = await startConnectProxy()
    await using client = clientOf({
      ca,
      lookup,
      proxyEnvironment: off === false ? false : { ...off, HTTPS_PROXY: `http://${proxy.host}` },
    })
    await client.at(`registry.test:${server.port}`).getManifest('v1')
    expect(proxy.seen).toEqual([])
  })

  it.each([
    ['wants other credentials', basic],
    ['can not be reached', undefined],
  ])('that %s: the error does not show the password', async (_, authorization) => {
    const proxy = await startConnectProxy(authorization)
    if (authorization === undefined) await proxy[Symbol.asyncDispose]()
    await using client = clientOf({
      ca,
      proxyEnvironment: { HTTPS_PROXY: `http://gate:hunter22@${proxy.host}` },
    })
    const error: unknown = await client
      .at('registry.test')
      .getManifest('v1')
      .catch((caught: unknown) => caught)
    expect(error).toMatchObject({
      name: 'OciError',
      code: 'REGISTRY_UNREACHABLE',
      retryable: authorization === undefined,
    })
    expect(`${String(error)} ${JSON.stringify(error)} ${String((error as Error).cause)}`).not.toMatch(
      /hunter22|Basic /,
    )
    await proxy[Symbol.asyncDispose]()
  })

  it('make names count as public: behind one, a registry leads nowhere near', async () => {
    await using inner = await startScriptedServer((_, response) => void response.end('inside'))
    const near = inner.host.replace('127.0.0.1', 'inner.test')
    await using outer = await startScriptedServer(
      (_, response) => void response.writeHead(307, { location: `http://${near}/x` }).end(),
    )
    await using proxy = await startConnectProxy()
    await using client = clientOf({
      lookup,
      plainHttp: true,
      proxyEnvironment: { HTTP_PROXY: `http://${proxy.host}`, NO_PROXY: 'inner.test' },
    })
    const registry = outer.host.replace('127.0.0.1', 'registry.test')
    await expect(client.at(registry).getManifest('v1')).rejects.toMatchObject({ code: 'REGISTRY_ERROR' })
    expect([outer.seen.length, inner.seen.length]).toEqual([1, 0])
  })
})
