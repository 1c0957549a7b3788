import { once } from 'node:events'
import { request as httpsRequest } from 'node:https'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { createTlsAuthority } from '@sallyport/testkit/tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openConsole } from './console-test.fixture.ts'
import { type ListenOptions, listenReviewConsole } from './listen-review-console.ts'

const authority = createTlsAuthority()

let at: ReturnType<typeof openConsole>
let resources: AsyncDisposableStack
beforeEach(() => {
  at = openConsole()
  resources = new AsyncDisposableStack()
})
afterEach(async () => {
  await resources.disposeAsync()
  await at[Symbol.asyncDispose]()
})

const listen = async (options: ListenOptions = {}, console = at.console) =>
  resources.use(await listenReviewConsole(console, options))

const openSocket = (port: number) => {
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  resources.defer(() => void socket.destroy())
  return socket
}

describe('listenReviewConsole', () => {
  it('listens to this machine, and says where', async () => {
    const { origin, port } = await listen()
    expect(origin).toBe(`http://127.0.0.1:${port}`)
    expect((await fetch(`${origin}/sign-in`)).status).toBe(200)
  })

  it('speaks TLS with a certificate', async () => {
    const { cert: certificate, key } = authority.issue({ name: 'console', hosts: ['localhost'] })
    const { origin, port } = await listen({ tls: { certificate, key } })
    expect(origin).toBe(`https://127.0.0.1:${port}`)
    const sent = httpsRequest({
      port,
      host: '127.0.0.1',
      servername: 'localhost',
      ca: authority.ca,
      path: '/sign-in',
      method: 'POST',
      headers: {
        host: `localhost:${port}`,
        origin: `https://localhost:${port}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
    })
    sent.end(new URLSearchParams({ next: '', secret: 'the token of Ada, long enough' }).toString())
    const [answer] = (await once(sent, 'response')) as [
      { statusCode: number; headers: Record<string, string[]> },
    ]
    expect([answer.statusCode, answer.headers['set-cookie']]).toEqual([
      303,
      [expect.stringMatching(/^__Host-.*; Secure$/)],
    ])
  })

  it.each<[string, ListenOptions]>([
    ['all addresses without TLS', { host: '0.0.0.0' }],
    ['all addresses of IPv6 without TLS', { host: '::' }],
    ['a name without TLS', { host: 'gate.example' }],
    ['a certificate that is none', { tls: { certificate: 'none', key: 'none' } }],
    ['an address of another machine', { host: '192.0.2.1', unsafePlain: true }],
  ])('refuses %s', async (_, options) => {
    await expect(listen(options)).rejects.toMatchObject({ name: 'GateError', code: 'OPTIONS_INVALID' })
  })

  it('refuses an address that is taken', async () => {
    const { port } = await listen()
    await expect(listen({ port })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })

  it('listens to others without TLS where a proxy has it', async () => {
    const { port } = await listen({ host: '0.0.0.0', unsafePlain: true })
    expect((await fetch(`http://127.0.0.1:${port}/sign-in`)).status).toBe(200)
  })

  it('ends headers that take too long', async () => {
    const { port } = await listen({ headersTimeoutMs: 100, requestTimeoutMs: 200 })
    const socket = openSocket(port)
    socket.write('GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n')
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 408 /)
  })

  it('refuses headers that are too large', async () => {
    const { port } = await listen()
    const socket = openSocket(port)
    socket.write(`GET / HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`)
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 431 /)
  })

  describe('with TLS, a peer that says nothing', () => {
    const tls = () => {
      const { cert: certificate, key } = authority.issue({ name: 'console', hosts: ['localhost'] })
      return { certificate, key }
    }

    it('is cut as late headers are', async () => {
      const { port } = await listen({ tls: tls(), headersTimeoutMs: 100 })
      const socket = openSocket(port)
      await once(socket, 'close')
      expect(socket.bytesRead).toBe(0)
    })

    it('does not keep the console from ending', async () => {
      const server = await listen({ tls: tls() })
      const socket = openSocket(server.port)
      await once(socket, 'connect')
      const cut = once(socket, 'close')
      await server.close({ timeoutMs: 20 })
      await cut
      expect(socket.destroyed).toBe(true)
    })
  })

  it('is closed once, whoever asks', async () => {
    const asked = Promise.withResolvers<void>()
    const server = await listen({}, { ...at.console, node: () => asked.resolve() })
    const waiting = fetch(`${server.origin}/sign-in`).catch(() => 'cut')
    await asked.promise
    const ended: string[] = []
    await Promise.all([
      server.close({ timeoutMs: 20 }).then(() => ended.push('first')),
      server.close().then(() => ended.push('second')),
    ])
    expect([await waiting, ended]).toEqual(['cut', ['first', 'second']])
  })

  it('answers what is in flight before it ends, and takes nothing new', async () => {
    const [asked, held] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const console = {
      ...at.console,
      node: (...[message, response]: Parameters<typeof at.console.node>) => {
        asked.resolve()
        void held.promise.then(() => at.console.node(message, response))
      },
    }
    const server = await listen({}, console)
    const waiting = fetch(`${server.origin}/sign-in`)
    await asked.promise
    const closed = server.close()
    await expect(fetch(`${server.origin}/sign-in`)).rejects.toThrow()
    held.resolve()
    expect((await waiting).status).toBe(200)
    await closed
  })

  it('cuts what is not answered in time', async () => {
    const asked = Promise.withResolvers<void>()
    const server = await listen({}, { ...at.console, node: () => asked.resolve() })
    const waiting = fetch(`${server.origin}/sign-in`).catch(() => 'cut')
    await asked.promise
    await server.close({ timeoutMs: 20 })
    expect(await waiting).toBe('cut')
  })
})
