import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { connect as connectHttp2 } from 'node:http2'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { connect, type TLSSocket } from 'node:tls'
import { createTlsAuthority } from '@sallyport/testkit/tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createReviewClient, type ReviewClientOptions, podReview } from '@sallyport/testkit/kubernetes'
import { scriptedAdmission } from '../testing/scripted-admission.ts'
import { createWebhookServer, type WebhookServer } from './create-webhook-server.ts'
import type { WebhookServerOptions } from './webhook-server-options.ts'
import type { WebhookEvent } from './webhook-event.ts'

const authority = createTlsAuthority()
const strangers = createTlsAuthority()
const hosts = ['sallyport-admission.sallyport.svc']
const [first, second] = [
  authority.issue({ name: 'first', hosts }),
  authority.issue({ name: 'second', hosts }),
]

let folder: string
let resources: AsyncDisposableStack
let events: WebhookEvent[]
beforeEach(async () => {
  resources = new AsyncDisposableStack()
  folder = await mkdtemp(join(tmpdir(), 'sallyport-webhook-'))
  resources.defer(() => rm(folder, { recursive: true, force: true }))
  events = []
  await writePair(first)
})
afterEach(() => resources.disposeAsync())

async function writePair({ cert, key }: { readonly cert: string; readonly key: string }): Promise<void> {
  await writeFile(join(folder, 'tls.crt'), cert)
  await writeFile(join(folder, 'tls.key'), key)
}

async function start(options: Partial<WebhookServerOptions> = {}): Promise<WebhookServer> {
  const server = await createWebhookServer({
    admission: scriptedAdmission(),
    port: 0,
    host: '127.0.0.1',
    onEvent: (event) => events.push(event),
    ...options,
    tls: { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), ...options.tls },
  })
  resources.use(server)
  return server
}

function clientOf({ port }: WebhookServer, options: Partial<ReviewClientOptions> = {}) {
  return resources.use(createReviewClient({ port, ca: authority.ca, ...options }))
}

async function openSocket({ port }: WebhookServer): Promise<TLSSocket> {
  const socket = connect({ port, host: '127.0.0.1', ca: authority.ca, servername: hosts[0] })
  socket.on('error', () => undefined)
  resources.defer(() => void socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

const good = 'prod.example/app:good'
/** A machine may have other things to do. */
const patient = { timeout: 30_000 }

describe('reviews', () => {
  it.each(['/validate', '/mutate'] as const)(
    'are answered at %s, over a connection that is kept',
    async (path) => {
      const client = clientOf(await start(), { maxSockets: 1 })
      expect(await client.review(path, podReview(good, { uid: 'a' }))).toMatchObject({ allowed: true })
      expect(await client.review(path, podReview('evil', { uid: 'b' }))).toMatchObject({
        allowed: false,
        status: { code: 403, message: 'not promoted' },
      })
      expect(events.filter(({ type }) => type === 'review-answered')).toMatchObject([
        { path, uid: 'a', allowed: true, code: 200, kind: 'Pod', namespace: 'prod', operation: 'CREATE' },
        { path, uid: 'b', allowed: false, code: 403, message: 'not promoted' },
      ])
    },
  )

  it('tell the admission the phase and what the API server waits for', async () => {
    const seen: unknown[] = []
    const admission = scriptedAdmission({
      decideReview: (review, options) => {
        seen.push([options.phase, Math.round(options.budgetMs! / 100) / 10])
        return scriptedAdmission().decideReview(review, options)
      },
    })
    const client = clientOf(await start({ admission }))
    await client.review('/validate', podReview(good), 5)
    await client.review('/mutate', podReview(good), 1)
    await client.send('/mutate', JSON.stringify(podReview(good)))
    expect(seen).toEqual([
      ['validate', 4.5],
      ['mutate', 0.7],
      ['mutate', 9.5],
    ])
  })

  it('are answered by the hundred at once, each with its own answer', async () => {
    const client = clientOf(await start())
    const answers = await Promise.all(
      Array.from({ length: 300 }, async (_, at) => {
        const image = at % 3 === 0 ? 'evil' : good
        return client.review('/validate', podReview(image, { uid: `u-${at}`, dryRun: at % 2 === 0 }))
      }),
    )
    expect(answers.map(({ allowed }) => allowed)).toEqual(answers.map((_, at) => at % 3 !== 0))
  })

  it('are denied in time when there is no answer, and what is late counts for nothing', async () => {
    let ended = 0
    const admission = scriptedAdmission({
      decideReview: (_, { signal }) =>
        new Promise((_resolve, reject) => {
          signal!.addEventListener('abort', () => {
            ended += 1
            reject(signal!.reason as Error)
          })
        }),
    })
    const client = clientOf(await start({ admission }))
    // Connections are there already, as those of the API server are.
    await Promise.all(Array.from({ length: 20 }, () => client.send('/healthz')))
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) => client.review('/validate', podReview(good, { uid: `${at}` }), 1)),
    )
    for (const { allowed, status, ms } of answers) {
      expect([allowed, status?.code]).toEqual([false, 503])
      expect(ms).toBeLessThan(3_000)
    }
    expect(ended).toBe(20)
  })

  it.each([
    ['rejects', () => Promise.reject(new Error('secret=hunter2'))],
    [
      'throws',
      () => {
        throw new Error('secret=hunter2')
      },
    ],
    ['answers nothing', async () => undefined as never],
    ['answers another review', async () => ({ response: { uid: 'other', allowed: true } }) as never],
    ['answers neither yes nor no', async () => ({ response: { uid: 'u-1', allowed: 'true' } }) as never],
  ])('are denied without a word of the reason when the admission %s', async (_, decideReview) => {
    const client = clientOf(await start({ admission: scriptedAdmission({ decideReview }) }))
    const answer = await client.review('/mutate', podReview(good))
    expect([answer.allowed, answer.status?.code, answer.patch]).toEqual([false, 500, undefined])
    expect(JSON.stringify(answer)).not.toContain('hunter2')
  })

  it('come over HTTP/2 too', async () => {
    const server = await start()
    const session = connectHttp2(`https://127.0.0.1:${server.port}`, {
      ca: authority.ca,
      servername: hosts[0]!,
    })
    resources.defer(() => void session.destroy())
    const ask = async (uid: string): Promise<unknown> => {
      const stream = session.request({
        ':method': 'POST',
        ':path': '/validate?timeout=5s',
        'content-type': 'application/json',
      })
      stream.end(JSON.stringify(podReview(good, { uid })))
      return JSON.parse(await text(stream))
    }
    const answers = await Promise.all(Array.from({ length: 50 }, (_, at) => ask(`u-${at}`)))
    expect(answers).toMatchObject(answers.map((_, at) => ({ response: { uid: `u-${at}`, allowed: true } })))
  })
})

describe('requests that are no reviews', () => {
  const valid = JSON.stringify(podReview(good))
  it.each<[string, number, string, string | Buffer | undefined, object]>([
    ['another path', 404, '/', valid, {}],
    ['warm without tokens', 404, '/warm', '{}', {}],
    ['GET', 405, '/validate', undefined, {}],
    ['PUT', 405, '/mutate', valid, { method: 'PUT' }],
    ['POST to the metrics', 405, '/metrics', valid, {}],
    ['another content type', 415, '/validate', valid, { headers: { 'content-type': 'text/plain' } }],
    ['a compressed body', 415, '/validate', valid, { headers: { 'content-encoding': 'gzip' } }],
    ['an empty body', 400, '/validate', '', {}],
    ['half a body', 400, '/validate', valid.slice(0, 100), {}],
    ['no UTF-8', 400, '/validate', Buffer.from([0x7b, 0xff, 0x7d]), {}],
    ['null', 400, '/validate', 'null', {}],
    ['an array', 400, '/validate', '[]', {}],
    ['a review of v1beta1', 400, '/validate', valid.replace('k8s.io/v1', 'k8s.io/v1beta1'), {}],
    ['no uid', 400, '/validate', valid.replace('"uid":"u-1"', '"uid":""'), {}],
    ['a uid that is no text', 400, '/validate', valid.replace('"uid":"u-1"', '"uid":{}'), {}],
    ['no request', 400, '/validate', '{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}', {}],
    ['a key twice', 400, '/validate', valid.replace('"uid":"u-1"', '"uid":"u-0","uid":"u-1"'), {}],
    [
      'millions of values',
      400,
      '/validate',
      valid.replace('"uid":"u-1"', `"uid":"u-1","more":[${'0,'.repeat(1_400_000)}0]`),
      {},
    ],
    ['deep nesting', 400, '/validate', `${'['.repeat(100_000)}${']'.repeat(100_000)}`, {}],
    ['a large body', 413, '/validate', `"${'x'.repeat(3 * 1024 * 1024)}"`, {}],
    [
      'a large body in chunks',
      413,
      '/validate',
      'x'.repeat(4 << 20),
      { headers: { 'transfer-encoding': 'chunked' } },
    ],
  ])('%s: %i', async (_, status, path, body, options) => {
    let asked = 0
    const decideReview = async () => {
      asked += 1
      return undefined as never
    }
    const client = clientOf(await start({ admission: scriptedAdmission({ decideReview }) }))
    // What is too large may be cut while it is sent; then there is no answer at all.
    const answer = await client.send(path, body, options).catch((error: NodeJS.ErrnoException) => error.code)
    if (typeof answer === 'object') expect(answer.status).toBe(status)
    else expect([status, answer]).toEqual([413, expect.stringMatching(/^(ECONNRESET|EPIPE)$/)])
    expect(asked).toBe(0)
  })

  it('a body of just under 3 MiB is a review', async () => {
    const client = clientOf(await start())
    const review = podReview(good, { pad: 'x'.repeat(3 * 1024 * 1024 - 2_000) })
    expect(await client.review('/validate', review)).toMatchObject({ allowed: true })
  })
})

describe('floods', () => {
  it('of slow headers and slow bodies are ended, and others are answered meanwhile', async () => {
    const server = await start({ headersTimeoutMs: 300, bodyTimeoutMs: 300 })
    const sockets = await Promise.all(Array.from({ length: 20 }, () => openSocket(server)))
    // Not by `once` of node:events, which rejects when a write comes too late.
    const closed = Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once('close', resolve))),
    )
    for (const [at, socket] of sockets.entries()) {
      socket.resume()
      socket.write('POST /validate HTTP/1.1\r\nHost: webhook\r\n')
      if (at % 2) socket.write('Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{')
    }
    const drip = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write(' ')
    }, 50)
    resources.defer(() => clearInterval(drip))
    expect(await clientOf(server).review('/validate', podReview(good))).toMatchObject({ allowed: true })
    await closed
  })

  it('of reviews are answered 503 beyond what may wait', async () => {
    const gate = Promise.withResolvers<void>()
    const admission = scriptedAdmission({
      async decideReview(review, options) {
        await gate.promise
        return scriptedAdmission().decideReview(review, options)
      },
    })
    const server = await start({ admission, maxReviews: 3 })
    const client = clientOf(server)
    const statuses: number[] = []
    const asked = Array.from({ length: 10 }, async () => {
      const { status } = await client.send('/validate', JSON.stringify(podReview(good)))
      statuses.push(status)
    })
    await expect.poll(() => statuses, patient).toEqual(Array(7).fill(503))
    gate.resolve()
    await Promise.all(asked)
    expect(statuses.slice(7)).toEqual([200, 200, 200])
  })

  it('of large bodies are answered 503 beyond the room for them', async () => {
    const server = await start({ maxBufferedBytes: 64 * 1024 })
    const client = clientOf(server)
    const large = JSON.stringify(podReview(good, { pad: 'x'.repeat(100_000) }))
    const answer = await client.send('/validate', large).catch((error: NodeJS.ErrnoException) => error.code)
    if (typeof answer === 'object') expect(answer.status).toBe(503)
    expect(await client.review('/validate', podReview(good))).toMatchObject({ allowed: true })
  })

  it('of connections are closed beyond the limit', async () => {
    const server = await start({ maxConnections: 2 })
    await openSocket(server)
    await openSocket(server)
    await expect(clientOf(server).send('/healthz')).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('certificates', () => {
  it('are changed without dropping a connection', async () => {
    const server = await start()
    const old = clientOf(server, { maxSockets: 1 })
    const before = await old.send('/healthz')
    await writePair(second)
    await server.reloadCertificate()
    const after = await old.send('/healthz')
    expect(after.certificate).toBe(before.certificate)
    expect(await clientOf(server).send('/healthz')).toMatchObject({ status: 200 })
    expect((await clientOf(server).send('/healthz')).certificate).not.toBe(before.certificate)
    expect(events).toContainEqual(expect.objectContaining({ type: 'certificate-loaded' }))
  })

  it('are changed under load without a failed review', async () => {
    const server = await start({ certificateCheckMs: 20 })
    const stop = new AbortController()
    const seen = new Set<string>()
    const workers = Array.from({ length: 8 }, async (_, worker) => {
      let count = 0
      while (!stop.signal.aborted) {
        // Half of them with a new connection each time.
        using client = createReviewClient({ port: server.port, ca: authority.ca })
        for (let at = 0; at < (worker % 2 ? 1 : 20) && !stop.signal.aborted; at++) {
          const { certificate, status } = await client.send('/validate', JSON.stringify(podReview(good)))
          expect(status).toBe(200)
          seen.add(certificate)
          count += 1
        }
      }
      return count
    })
    for (let round = 0; round < 6; round++) {
      await writePair(round % 2 ? first : second)
      const loads = () => events.filter(({ type }) => type === 'certificate-loaded').length
      await expect.poll(loads, patient).toBe(round + 1)
    }
    stop.abort()
    const counts = await Promise.all(workers)
    expect(Math.min(...counts)).toBeGreaterThan(0)
    expect(seen.size).toBe(2)
  })

  const expired = authority.issue({
    name: 'expired',
    hosts,
    notBefore: new Date(Date.now() - 7_200_000),
    notAfter: new Date(Date.now() - 3_600_000),
  })
  const later = authority.issue({ name: 'later', hosts, notBefore: new Date(Date.now() + 3_600_000) })
  it.each([
    ['a certificate without its key', { cert: second.cert, key: first.key }, /can't be used together/],
    ['nothing', { cert: '', key: '' }, /is empty/],
    ['something else', { cert: 'hello', key: first.key }, /no certificate in PEM/],
    ['an expired certificate', expired, /expired on .*; renew it/],
    ['a certificate for later', later, /not valid before/],
  ])('that are %s are told, and the old one stays', async (_, pair, message) => {
    const server = await start()
    const client = clientOf(server)
    const before = await client.send('/readyz')
    await writePair(pair)
    await server.reloadCertificate()
    await server.reloadCertificate()
    const ready = await clientOf(server).send('/readyz')
    expect([ready.status, ready.certificate]).toEqual([200, before.certificate])
    expect(ready.body).toMatch(message)
    expect(server.metrics()).toContain('sallyport_admission_certificate_refused 1\n')
    expect(events.filter(({ type }) => type === 'certificate-refused')).toHaveLength(1)
    await writePair(second)
    await server.reloadCertificate()
    expect((await clientOf(server).send('/readyz')).body).toBe('ok\n')
    expect(server.metrics()).toContain('sallyport_admission_certificate_refused 0\n')

    await writePair(pair)
    await expect(start()).rejects.toMatchObject({
      code: 'CERTIFICATE_INVALID',
      message: expect.stringMatching(message) as string,
    })
  })

  it('that have expired meanwhile turn readiness red', async () => {
    let now = new Date()
    const server = await start({ clock: { now: () => now } })
    now = new Date(Date.now() + 2 * 86_400_000)
    expect(await clientOf(server).send('/readyz')).toMatchObject({
      status: 503,
      body: expect.stringContaining('expired') as string,
    })
    expect(await clientOf(server).send('/healthz')).toMatchObject({ status: 200 })
  })

  it('of clients are asked for reviews where an authority is given, and not for probes', async () => {
    const clientAuthority = join(folder, 'clients.crt')
    await writeFile(clientAuthority, authority.ca)
    const tls = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), clientAuthority }
    const server = await start({ tls: { ...tls, clientNames: ['kube-apiserver'] } })
    const use = 'client'
    const api = authority.issue({ name: 'kube-apiserver', use })
    expect(await clientOf(server, api).review('/validate', podReview(good))).toMatchObject({ allowed: true })
    for (const other of [
      {},
      authority.issue({ name: 'somebody', use }),
      strangers.issue({ name: 'kube-apiserver', use }),
      authority.issue({ name: 'kube-apiserver', use: 'server' }),
      authority.issue({ name: 'kube-apiserver', use, notBefore: new Date(0), notAfter: new Date(1) }),
    ]) {
      const client = clientOf(server, other)
      expect(await client.send('/validate', JSON.stringify(podReview(good)))).toMatchObject({ status: 403 })
      expect(await client.send('/readyz')).toMatchObject({ status: 200 })
    }
  })

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'of clients count no more once their authority is changed, also in a session of %s that is resumed',
    async (version) => {
      const clientAuthority = join(folder, 'clients.crt')
      await writeFile(clientAuthority, authority.ca)
      const tls = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), clientAuthority }
      const server = await start({ tls })
      const api = authority.issue({ name: 'kube-apiserver', use: 'client' })
      const body = JSON.stringify(podReview(good))
      const head = `POST /validate HTTP/1.1\r\nHost: webhook\r\nContent-Type: application/json\r\nConnection: close\r\n`
      const ask = async (session?: Buffer) => {
        const socket = connect({
          port: server.port,
          host: '127.0.0.1',
          ca: authority.ca,
          servername: hosts[0],
          session,
          maxVersion: version,
          ...api,
        })
        resources.defer(() => void socket.destroy())
        let last: Buffer | undefined
        socket.on('session', (given: Buffer) => (last = given))
        socket.write(`${head}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
        const answer = await text(socket)
        return { status: answer.slice(9, 12), session: last ?? socket.getSession() }
      }
      const before = await ask()
      expect(before.status).toBe('200')
      expect((await ask(before.session)).status).toBe('200')
      await writeFile(clientAuthority, strangers.ca)
      await server.reloadCertificate()
      expect((await ask(before.session)).status).toBe('403')
    },
  )

  it('of TLS 1.1 are no way in', async () => {
    const server = await start()
    const options = { port: server.port, host: '127.0.0.1', ca: authority.ca, servername: hosts[0] }
    const socket = connect({
      ...options,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    })
    await expect(once(socket, 'secureConnect')).rejects.toThrow()
  })
})

describe('close', () => {
  it('turns readiness red, answers what is in flight, and takes nothing new', async () => {
    const [asked, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
    const admission = scriptedAdmission({
      async decideReview(review, options) {
        asked.resolve()
        await gate.promise
        return scriptedAdmission().decideReview(review, options)
      },
    })
    const server = await start({ admission })
    const probe = clientOf(server, { maxSockets: 1 })
    await probe.send('/readyz')
    const waiting = clientOf(server).review('/validate', podReview(good))
    await asked.promise
    const closed = server.close({ drainMs: 1_000 })
    expect(await probe.send('/readyz')).toMatchObject({ status: 503, body: 'shutting down\n' })
    await expect
      .poll(
        () =>
          clientOf(server)
            .send('/healthz')
            .then(
              () => 'open',
              ({ code }: NodeJS.ErrnoException) => code,
            ),
        patient,
      )
      .toBe('ECONNREFUSED')
    gate.resolve()
    expect(await waiting).toMatchObject({ allowed: true })
    await closed
    expect(events.at(-1)).toEqual({ type: 'closed', cut: 0 })
  })

  it('cuts what is not answered in time', async () => {
    const asked = Promise.withResolvers<void>()
    const admission = scriptedAdmission({
      decideReview: () => {
        asked.resolve()
        return new Promise(() => undefined)
      },
    })
    const server = await start({ admission })
    const waiting = clientOf(server)
      .review('/validate', podReview(good))
      .catch((error: NodeJS.ErrnoException) => error.code)
    await asked.promise
    await server.close({ timeoutMs: 50 })
    expect(await waiting).toBe('ECONNRESET')
    expect(events.at(-1)).toEqual({ type: 'closed', cut: 1 })
  })
})

describe('metrics', () => {
  it('are OpenMetrics with what was asked and answered', async () => {
    const server = await start()
    const client = clientOf(server)
    await client.review('/validate', podReview(good))
    await client.review('/validate', podReview('evil'))
    await client.send('/wp-login.php')
    const { headers, body } = await client.send('/metrics')
    expect(headers['content-type']).toBe('application/openmetrics-text; version=1.0.0; charset=utf-8')
    expect(body.endsWith('\n# EOF\n')).toBe(true)
    for (const line of [
      '# TYPE sallyport_admission_requests counter',
      'sallyport_admission_requests_total{path="/validate",status="200"} 2',
      'sallyport_admission_requests_total{path="other",status="404"} 1',
      'sallyport_admission_reviews_total{path="/validate",result="allowed",code="200"} 1',
      'sallyport_admission_reviews_total{path="/validate",result="denied",code="403"} 1',
      'sallyport_admission_review_duration_seconds_bucket{path="/validate",le="+Inf"} 2',
      'sallyport_admission_review_duration_seconds_count{path="/validate"} 2',
      'sallyport_admission_reasons_total{code="decision-missing"} 7',
      'sallyport_admission_cache_lookups_total{result="stale"} 9',
      'sallyport_admission_reviews_in_flight 0',
    ])
      expect(body.split('\n')).toContain(line)
    for (const line of body.split('\n').slice(0, -2))
      expect(line).toMatch(/^(# (TYPE|HELP|UNIT) [a-z_]+ .+|[a-z_]+(\{([a-z]+="[^"\\]*",?)+\})? [\d.e+-]+)$/)
  })
})

describe('warm', () => {
  const tokens = ['0123456789abcdef', 'fedcba9876543210']
  it('judges pushed images before they are asked for', async () => {
    const warmed: string[] = []
    const admission = scriptedAdmission({
      warm: async (reference) => {
        warmed.push(reference)
        if (reference.includes('broken')) throw new Error('secret=hunter2')
        return { verdict: 'allow' } as never
      },
    })
    const server = await start({ admission, warm: { tokens } })
    const client = clientOf(server)
    const digest = `sha256:${'a'.repeat(64)}`
    const event = { registry: 'prod.example', repository: 'app' }
    const body = JSON.stringify({
      images: ['prod.example/app:1', 'prod.example/app:1', 'prod.example/broken:1'],
      events: [
        { ...event, tag: '2', digest, action: 'push', actor: { kind: 'user' } },
        { ...event, tag: '3', digest: 'sha256:bad' },
        { ...event, digest, subject: digest },
        { ...event, tag: '4', action: 'tag-deleted' },
        event,
      ],
    })
    const headers = { authorization: `Bearer ${tokens[1]}` }
    expect(await client.send('/warm', body, { headers })).toMatchObject({
      status: 202,
      body: JSON.stringify({ taken: 4, dropped: 0 }),
    })
    const expected = [
      'prod.example/app:1',
      'prod.example/broken:1',
      `prod.example/app:2@${digest}`,
      'prod.example/app:3',
    ]
    await expect.poll(() => warmed, patient).toEqual(expected)
    await expect
      .poll(() => events.filter(({ type }) => type === 'image-warmed'), patient)
      .toContainEqual({ type: 'image-warmed', reference: 'prod.example/broken:1', verdict: 'error' })
    expect(server.warm([{ ...event, tag: '9' }])).toBe(1)
    expect(JSON.stringify(events)).not.toContain('hunter2')
  })

  it.each([
    ['no token', 401, '{"images":[]}', {}],
    ['another token', 401, '{"images":[]}', { authorization: 'Bearer 0123456789abcdeg' }],
    ['another scheme', 401, '{"images":[]}', { authorization: `Basic ${tokens[0]}` }],
    ['no JSON', 400, '{', { authorization: `Bearer ${tokens[0]}` }],
    ['nothing', 400, '{}', { authorization: `Bearer ${tokens[0]}` }],
    [
      'too much',
      400,
      JSON.stringify({ images: Array(1_001).fill('a') }),
      { authorization: `Bearer ${tokens[0]}` },
    ],
  ])('refuses %s', async (_, status, body, headers) => {
    const client = clientOf(await start({ warm: { tokens } }))
    expect(await client.send('/warm', body, { headers })).toMatchObject({ status })
  })

  it('needs tokens that are hard to guess', async () => {
    await expect(start({ warm: { tokens: ['short'] } })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
    await expect(start({ warm: { tokens: [] } })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })
})
