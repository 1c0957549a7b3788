import { inspect } from 'node:util'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Agent, type Dispatcher } from 'undici'
import { describe, expect, it } from 'vitest'
import { type ScriptedAnswer, startScriptedService } from '../testing/scripted-service.ts'
import { type AskedService, askService } from './ask-service.ts'
import type { ServiceOptions } from './service-options.ts'

const waits: number[] = []
const options: ServiceOptions = {
  sleep: async (milliseconds) => {
    waits.push(milliseconds)
  },
}

function get(url: string, fields: Partial<AskedService> = {}): AskedService {
  return { method: 'GET', url: new URL(url), ...fields }
}

describe('askService', () => {
  it.each<[string, ScriptedAnswer[], number]>([
    ['busy', [{ status: 429 }], 2],
    ['broken', [{ status: 500 }, { status: 503 }], 3],
    ['cut off', ['drop'], 2],
  ])('asks a service again that is %s', async (_, answers, expected) => {
    await using service = await startScriptedService((_, number) => answers[number - 1] ?? { body: 'done' })
    const { body } = await askService('X', get(service.url), options)
    expect(body.toString()).toBe('done')
    expect(service.requests).toHaveLength(expected)
  })

  it('waits as long as the service asks for', async () => {
    waits.length = 0
    await using service = await startScriptedService((_, number) =>
      number === 1 ? { status: 503, headers: { 'retry-after': '2' } } : {},
    )
    await askService('X', get(service.url), options)
    expect(waits).toEqual([2000])
  })

  it.each<[string, ScriptedAnswer, string, boolean, number]>([
    ['stays busy', { status: 429 }, 'SERVICE_UNAVAILABLE', true, 3],
    [
      'asks for a longer wait than allowed',
      { status: 503, headers: { 'retry-after': '11' } },
      'SERVICE_UNAVAILABLE',
      true,
      1,
    ],
    ['is gone', 'drop', 'SERVICE_UNAVAILABLE', true, 3],
    ['refuses', { status: 403 }, 'SERVICE_REFUSED', false, 1],
    [
      'leads elsewhere',
      { status: 307, headers: { location: 'https://elsewhere.example/' } },
      'SERVICE_REFUSED',
      false,
      1,
    ],
    ['answers without end', { body: Buffer.alloc(4 * 1024 * 1024 + 1) }, 'SERVICE_INVALID', false, 1],
  ])('fails when a service %s', async (_, answer, code, retryable, expected) => {
    await using service = await startScriptedService(() => answer)
    await expect(askService('X', get(service.url), options)).rejects.toMatchObject({
      name: 'AttestError',
      code,
      retryable,
    })
    expect(service.requests).toHaveLength(expected)
  })

  it('gives up when there is no answer in time', async () => {
    await using service = await startScriptedService(() => 'hang')
    const asked = askService('X', get(service.url), { ...options, timeoutMs: 20, retry: { attempts: 1 } })
    await expect(asked).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
      message: expect.stringContaining('20 ms'),
    })
  })

  it('gives up when an answer begins in time and does not end', async () => {
    const server = createServer((_, response) => void response.writeHead(200).write('{'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const asked = askService('X', get(url), { ...options, timeoutMs: 100, retry: { attempts: 1 } })
    await expect(asked).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE', retryable: true })
    server.closeAllConnections()
    server.close()
  })

  it("rejects with the signal's reason, before and while it waits", async () => {
    const controller = new AbortController()
    const reason = new Error('enough')
    await using service = await startScriptedService(() => {
      controller.abort(reason)
      return 'hang'
    })
    const { signal } = controller
    await expect(askService('X', get(service.url, { signal }), options)).rejects.toBe(reason)
    await expect(askService('X', get(service.url, { signal }), options)).rejects.toBe(reason)
    expect(service.requests).toHaveLength(1)
  })

  it.each([
    ['plain http to another machine', 'http://service.example/'],
    ['plain http to a name that begins like this machine', 'http://localhost.example/'],
    ['plain http to a private address', 'http://10.0.0.1/'],
    ['plain http over the link of the machine', 'http://169.254.169.254/'],
    ['plain http to a metadata service', 'http://metadata.google.internal/'],
    ['a user name in the URL', 'https://me@service.example/'],
    ['another protocol', 'ftp://service.example/'],
  ])('refuses %s', async (_, url) => {
    const dispatcher: Dispatcher = new Agent({
      connect: () => {
        throw new Error('no connection expected')
      },
    })
    await expect(askService('X', get(url), { ...options, dispatcher })).rejects.toMatchObject({
      code: 'SERVICE_REFUSED',
    })
  })

  it('goes through the proxy of the environment, but not to this machine', async () => {
    await using service = await startScriptedService(() => ({ body: 'done' }))
    const seen: string[] = []
    const proxy = createServer(({ url = '' }, response) => {
      seen.push(url)
      response.end('by proxy')
    }).on('connect', ({ url = '' }, socket) => {
      seen.push(`tunnel to ${url}`)
      socket.destroy()
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
    const proxyEnvironment = { HTTP_PROXY: address, https_proxy: address, no_proxy: 'direct.invalid' }
    const through = { ...options, retry: { attempts: 1 }, proxyEnvironment, unsafeAllowHttp: true }
    const proxied = await askService('X', get('http://service.invalid/'), through)
    expect(proxied.body.toString()).toBe('by proxy')
    for (const url of ['https://service.invalid/', 'https://direct.invalid/'])
      await expect(askService('X', get(url), through)).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    await askService('X', get(service.url), through)
    expect(seen).toEqual(['http://service.invalid/', 'tunnel to service.invalid:443'])
    expect(service.requests).toHaveLength(1)
    proxy.close()
  })

  it('asks no proxy for what belongs to the machine', async () => {
    let asked = 0
    const proxy = createServer((_, response) => {
      asked++
      response.end('by proxy')
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
    const proxyEnvironment = { http_proxy: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}` }
    const once = { ...options, retry: { attempts: 1 }, timeoutMs: 1000, proxyEnvironment }
    const request = get('http://metadata.google.internal/')
    // Whether there is such a service depends on where the test runs.
    await askService('X', { ...request, onMachine: true }, once).catch(() => undefined)
    expect(asked).toBe(0)
    await askService('X', request, { ...once, unsafeAllowHttp: true })
    expect(asked).toBe(1)
    proxy.close()
  })

  it('says nothing of a proxy that is none', async () => {
    const proxyEnvironment = { https_proxy: 'http://me:pa55word@not a host' }
    const error: unknown = await askService('X', get('https://service.invalid/'), { proxyEnvironment }).catch(
      (error: unknown) => error,
    )
    expect(error).toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(inspect(error, { showHidden: true, depth: 9 })).not.toContain('pa55word')
  })
})
