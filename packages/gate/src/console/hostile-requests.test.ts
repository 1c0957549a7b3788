import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { text } from 'node:stream/consumers'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { idOf, openClient, openConsole, recordOf } from './console-test.fixture.ts'

const origin = 'http://127.0.0.1:4000'
const entry = `/entries/${idOf('app')}`

let at: ReturnType<typeof openConsole>
let client: ReturnType<typeof openClient>
let fields: Record<string, string>
beforeEach(async () => {
  at = openConsole()
  await at.quarantine.put(recordOf('app'))
  client = openClient(at.console)
  await client.signIn()
  fields = { ...(await client.fieldsOf('app')), reason: 'build it anew' }
})
afterEach(() => at[Symbol.asyncDispose]())

const isOpen = async () => (await at.quarantine.get(idOf('app')))?.status.state === 'open'

describe('a request that changes something', () => {
  it.each<[string, Record<string, string>, number]>([
    ['from a page of the console', { origin, 'sec-fetch-site': 'same-origin' }, 303],
    ['from a page of the console, whose browser tells no more', { origin }, 303],
    [
      'from a page without referrer, as the browser says',
      { origin: 'null', 'sec-fetch-site': 'same-origin' },
      303,
    ],
    ['from nowhere', {}, 403],
    ['from a page without origin', { origin: 'null' }, 403],
    ['from another site', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }, 403],
    [
      'from another port of this machine',
      { origin: 'http://127.0.0.1:4001', 'sec-fetch-site': 'same-site' },
      403,
    ],
    ['from another port, whose browser tells no more', { origin: 'http://127.0.0.1:4001' }, 403],
    ['from another scheme', { origin: 'https://127.0.0.1:4000' }, 403],
    ['from a frame in a sandbox', { origin: 'null', 'sec-fetch-site': 'cross-site' }, 403],
    ['from a page of this origin, as another site', { origin, 'sec-fetch-site': 'cross-site' }, 403],
    ['typed into the address bar', { 'sec-fetch-site': 'none' }, 403],
    ['from an origin that begins alike', { origin: `${origin}0` }, 403],
  ])('%s: %j is answered %i', async (_, headers, status) => {
    expect((await client.post(`${entry}/reject`, fields, headers)).status).toBe(status)
    expect(await isOpen()).toBe(status !== 303)
  })

  it.each<[string, () => Promise<Record<string, string>>, number]>([
    ['without the token of the form', async () => ({ ...fields, form: '' }), 403],
    ['with another token', async () => ({ ...fields, form: 'x'.repeat(43) }), 403],
    [
      'with the token of another session',
      async () => {
        const other = openClient(at.console)
        await other.signIn('Ben')
        return { ...fields, form: (await other.fieldsOf('app'))['form']! }
      },
      403,
    ],
    ['with a field that is not known', async () => ({ ...fields, approver: 'Ben' }), 400],
    ['with a control character', async () => ({ ...fields, reason: 'a\u0000b' }), 400],
    ['that has not seen the entry', async () => ({ ...fields, seen: '' }), 409],
    ['without a reason', async () => ({ ...fields, reason: ' ' }), 422],
  ])('%s changes nothing', async (_, make, status) => {
    expect((await client.post(`${entry}/reject`, await make())).status).toBe(status)
    expect(await isOpen()).toBe(true)
  })

  it.each<[string, string | Uint8Array<ArrayBuffer>, Record<string, string>, number]>([
    ['a field twice', 'reason=one&reason=two', {}, 400],
    ['many fields', Array.from({ length: 21 }, (_, at) => `f${at}=1`).join('&'), {}, 400],
    ['what is no UTF-8', new Uint8Array([0x61, 0x3d, 0xff]), {}, 400],
    ['what is no UTF-8, escaped', 'reason=%ff', {}, 400],
    ['a large body', `reason=${'x'.repeat(17 * 1024)}`, {}, 413],
    ['a length that is larger than the body', 'reason=x', { 'content-length': '99999' }, 413],
    ['JSON', '{}', { 'content-type': 'application/json' }, 415],
    ['plain text', 'reason=x', { 'content-type': 'text/plain' }, 415],
    ['a form of parts', 'reason=x', { 'content-type': 'multipart/form-data; boundary=x' }, 415],
    ['a compressed form', 'reason=x', { 'content-encoding': 'gzip' }, 415],
  ])('with %s is not read', async (_, body, more, status) => {
    const headers = { origin, 'content-type': 'application/x-www-form-urlencoded', ...more }
    expect((await client.send('POST', `${entry}/reject`, { headers, body })).status).toBe(status)
    expect(await isOpen()).toBe(true)
  })

  it('in chunks without end is read to the limit', async () => {
    let sent = 0
    const body = ReadableStream.from(
      (async function* () {
        for (; sent < 1000; sent++) yield new Uint8Array(1024).fill(0x61)
      })(),
    )
    const headers = { origin, 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await client.send('POST', `${entry}/reject`, {
      headers,
      body,
      duplex: 'half',
    } as RequestInit)
    expect([answer.status, answer.headers.get('connection')]).toEqual([413, 'close'])
    expect(sent).toBeLessThan(30)
  })

  it('that takes too long is given up', async () => {
    await using slow = openConsole({ bodyTimeoutMs: 30 })
    const own = openClient(slow.console)
    await own.signIn()
    const body = new ReadableStream({})
    const headers = { origin, 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await own.send('POST', `${entry}/reject`, { headers, body, duplex: 'half' } as RequestInit)
    expect(answer.status).toBe(408)
  })
})

describe('a request', () => {
  it.each([
    ['GET', `${entry}/approve`, 405],
    ['GET', `${entry}/reject`, 405],
    ['GET', '/sign-out', 405],
    ['HEAD', `${entry}/reject`, 405],
    ['POST', '/', 405],
    ['POST', entry, 405],
    ['PUT', entry, 405],
    ['DELETE', entry, 405],
    ['OPTIONS', `${entry}/reject`, 405],
    ['HEAD', entry, 200],
    ['GET', '/entries', 404],
    ['GET', `/entries/${'0'.repeat(32)}`, 404],
    ['GET', `/entries/${'A'.repeat(32)}`, 404],
    ['GET', `${entry}/`, 404],
    ['GET', `${entry}%2Fapprove`, 404],
    ['GET', `/entries/%30${'0'.repeat(31)}`, 404],
    ['GET', '/entries/..%2f..%2fetc%2fpasswd', 404],
    ['GET', '//', 404],
    ['GET', '/constructor', 404],
    ['GET', '/__proto__', 404],
    ['GET', `/promotions/${'0'.repeat(63)}`, 404],
  ])('%s %s is answered %i', async (method, path, status) => {
    const answer = await client.send(method, path)
    expect(answer.status).toBe(status)
    if (status === 405) expect(answer.headers.get('allow')).toMatch(/^[A-Z]+(, [A-Z]+)*$/)
    if (method === 'HEAD') expect(await answer.text()).toBe('')
  })

  it.each([
    ['another name', 'evil.example:4000', undefined, 421],
    ['a name that ends alike', 'notlocalhost:4000', undefined, 421],
    ['a name that begins alike', '127.0.0.1.evil.example', undefined, 421],
    ['localhost', 'localhost:4000', undefined, 303],
    ['an address of loopback', '127.8.8.8:4000', undefined, 303],
    ['loopback of IPv6', '[::1]:4000', undefined, 303],
    ['loopback, where another name was given', '127.0.0.1:4000', ['https://gate.example'], 421],
    ['the name that was given', 'gate.example', ['https://gate.example'], 303],
    ['the name that was given, at another port', 'gate.example:444', ['https://gate.example'], 421],
  ])('for %s (%s) is answered as such', async (_, host, origins, status) => {
    await using other = openConsole({ origins })
    const answer = await other.console.fetch(new Request(`http://127.0.0.1:4000/`, { headers: { host } }))
    expect(answer.status).toBe(status)
  })

  it.each([
    [['gate.example']],
    [['https://gate.example/']],
    [['https://gate.example/review']],
    [['ftp://gate.example']],
    [['http://gate.example']],
    [['http://127.0.0.1.evil.example']],
  ])('is not served for origins %j', (origins) => {
    expect(() => openConsole({ origins })).toThrowError(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
  })

  it.each(['/?text=a%00b', '/?tier=%1b', '/?cursor=%00', '/promotions?cursor=%00'])(
    'for what no store can hold is refused: %s',
    async (path) => {
      const asked: unknown[] = []
      const noted = async (filter: unknown) => (asked.push(filter), { items: [] })
      const quarantine = { ...at.quarantine, list: noted }
      await using other = openConsole({ quarantine, journal: { ...at.journal, list: noted } })
      const own = openClient(other.console)
      await own.signIn()
      expect([(await own.get(path)).status, asked]).toEqual([400, []])
    },
  )

  it.each(['review', '/review/', '/a b', '/a?b', '/<script>'])('is not served under %j', (prefix) => {
    expect(() => openConsole({ prefix })).toThrowError(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
  })

  it('with the cookie twice is of nobody', async () => {
    const cookie = client.cookie()!
    expect((await client.get('/', { cookie: `${cookie}; ${cookie}` })).status).toBe(303)
    expect((await client.get('/', { cookie: `other=1; ${cookie}` })).status).toBe(200)
  })

  it('beyond those that are answered at once is told to wait', async () => {
    const held = Promise.withResolvers<void>()
    const slow = {
      ...at.quarantine,
      countStates: async () => (await held.promise, at.quarantine.countStates()),
    }
    await using busy = openConsole({ quarantine: slow, maxRequests: 1 })
    const own = openClient(busy.console)
    await own.signIn()
    const first = own.get('/')
    expect((await own.get('/')).status).toBe(503)
    held.resolve()
    expect((await first).status).toBe(200)
  })

  it.each(['/', entry, '/sign-in', '/promotions', '/nothing', `${entry}/approve`])(
    'for %s is answered with all guards',
    async (path) => {
      const { headers } = await client.get(path)
      expect(Object.fromEntries(headers)).toMatchObject({
        'cache-control': 'no-store',
        'cross-origin-opener-policy': 'same-origin',
        'cross-origin-resource-policy': 'same-origin',
        'referrer-policy': 'no-referrer',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'content-security-policy': expect.stringMatching(
          /^default-src 'none'; style-src 'sha256-[^;]*; script-src 'sha256-[^;]*; base-uri 'none'; form-action 'self'; frame-ancestors 'none'$/,
        ),
      })
    },
  )
})

describe('markup', () => {
  const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'\`</textarea><!--`

  it('in every field of a record is text on every page', async () => {
    await at.quarantine.put(recordOf('evil', { text: hostile }))
    for (const path of [
      '/?state=any',
      `/entries/${idOf('evil')}`,
      `/?text=${encodeURIComponent(hostile)}`,
      `/?tier=${encodeURIComponent(hostile)}`,
    ]) {
      const page = await (await client.get(path)).text()
      expect(page).toContain('&lt;script&gt;alert(1)')
      expect(page).not.toMatch(/<script>alert|<img|<!--/)
    }
  })

  it('in what somebody fills in is text, too', async () => {
    const approve = {
      ...(await client.fieldsOf('app', 'approve')),
      reason: hostile,
      expires: hostile,
      scope: hostile,
    }
    const refused = await (await client.post(`${entry}/approve`, approve)).text()
    const next = await (await client.get(`/sign-in?next=${encodeURIComponent(hostile)}`)).text()
    await client.post(`${entry}/reject`, { ...fields, reason: hostile })
    const told = await (await client.get(entry)).text()
    for (const page of [refused, next, told]) {
      expect(page).toContain('&lt;script&gt;alert(1)')
      expect(page).not.toMatch(/<script>alert|<img|<!--/)
    }
  })
})

describe('any request', () => {
  it('is answered, and none of them decides', async () => {
    // A form that lacks one thing at least: its token, what was seen, or a reason.
    const incomplete = fc
      .subarray(Object.entries(fields), { maxLength: 2 })
      .map((some) => String(new URLSearchParams(some)))
    const header = fc.constantFrom('null', origin, 'https://evil.example', 'same-origin', 'cross-site', '')
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'HEAD', 'PUT'),
        fc.oneof(fc.webPath(), fc.constantFrom('/', entry, `${entry}/approve`, `${entry}/reject`)),
        fc.webQueryParameters(),
        fc.oneof(
          fc.record({
            origin: header,
            'sec-fetch-site': header,
            cookie: fc.constantFrom(client.cookie()!, 'x=y', ''),
          }),
          fc.constant({ origin, 'sec-fetch-site': 'same-origin', cookie: client.cookie()! }),
        ),
        fc.oneof(fc.string({ unit: 'binary' }), incomplete),
        async (method, path, query, headers, body) => {
          const url = URL.parse(`${origin}${path}?${query}`)
          if (!url || url.origin !== origin) return
          const hasBody = method === 'POST' || method === 'PUT'
          const answer = await at.console.fetch(
            new Request(url, {
              method,
              headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
              ...(hasBody && { body }),
            }),
          )
          expect(answer.status).not.toBe(500)
          expect(answer.headers.get('x-frame-options')).toBe('DENY')
        },
      ),
      { numRuns: 300 },
    )
    expect(await isOpen()).toBe(true)
  })
})

describe("a server of Node's", () => {
  let port: number
  let closers: (() => unknown)[]
  beforeEach(async () => {
    const server = createServer(at.console.node).listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
    closers = [() => (server.closeAllConnections(), server.close())]
  })
  afterEach(() => closers.forEach((close) => close()))

  const raw = async (head: string): Promise<string> => {
    const socket = connect(port, '127.0.0.1')
    closers.push(() => socket.destroy())
    socket.write(head.replaceAll('\n', '\r\n').replaceAll('PORT', String(port)))
    return (await text(socket)).split('\r\n')[0]!
  }

  it.each([
    ['two hosts', 'GET / HTTP/1.1\nHost: 127.0.0.1:PORT\nHost: evil.example\nConnection: close\n\n', 400],
    ['no host', 'GET / HTTP/1.1\nConnection: close\n\n', 400],
    ['a host with a path', 'GET / HTTP/1.1\nHost: 127.0.0.1:PORT/x\nConnection: close\n\n', 421],
    ['a host with a user', 'GET / HTTP/1.1\nHost: evil@127.0.0.1:PORT\nConnection: close\n\n', 400],
    ['a host that is none', 'GET / HTTP/1.1\nHost: a b\nConnection: close\n\n', 400],
    [
      'a whole address',
      'GET http://127.0.0.1:PORT/ HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: close\n\n',
      400,
    ],
    ['a method of proxies', 'TRACE / HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: close\n\n', 400],
    ['two slashes', 'GET //evil.example/ HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: close\n\n', 404],
    ['nothing wrong', 'GET /sign-in HTTP/1.1\nHost: 127.0.0.1:PORT\nConnection: close\n\n', 200],
  ])('answers %s', async (_, head, status) => {
    expect(await raw(head)).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
  })

  it('answers before a large body has come, and cuts it', async () => {
    const sent = httpRequest({
      port,
      host: '127.0.0.1',
      path: '/sign-in',
      method: 'POST',
      headers: {
        origin: `http://127.0.0.1:${port}`,
        'content-type': 'application/x-www-form-urlencoded',
        'transfer-encoding': 'chunked',
      },
    })
    closers.push(() => sent.destroy())
    sent.on('error', () => undefined)
    const answered = once(sent, 'response') as Promise<[{ statusCode: number }]>
    sent.write('x'.repeat(64 * 1024))
    expect((await answered)[0].statusCode).toBe(413)
  })

  it('keeps cookies and forms as they are', async () => {
    const own = `http://127.0.0.1:${port}`
    const answer = await fetch(`${own}/sign-in`, {
      method: 'POST',
      redirect: 'manual',
      headers: { origin: own },
      body: new URLSearchParams({ next: '', secret: 'the token of Ada, long enough' }),
    })
    expect(answer.status).toBe(303)
    const [cookie] = answer.headers.getSetCookie()
    const page = await fetch(`${own}/`, { headers: { cookie: cookie!.split(';')[0]! } })
    expect(await page.text()).toContain('prod.example/<wbr />app:1')
  })
})
