import { createSocket } from 'node:dgram'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import { afterEach, describe, expect, it } from 'vitest'
import { hostileAlert, sampleAlert } from '../testing/sample-alert.ts'
import { testCertificate } from '../testing/test-certificate.ts'
import { syslogSink } from './syslog-sink.ts'
import { toSyslogMessage } from './to-syslog-message.ts'

const { signal } = new AbortController()
const host = '127.0.0.1'
const alert = sampleAlert()

let server: Server | undefined
afterEach(() => new Promise<unknown>((resolve) => (server ? server.close(resolve) : resolve(undefined))))

async function listen(made: Server): Promise<number> {
  server = made
  await new Promise<void>((resolve) => made.listen(0, host, resolve))
  return (made.address() as AddressInfo).port
}

/** Collects what comes, and closes when the client has ended. */
function collect(into: Buffer[]): (socket: Socket) => void {
  return (socket) => {
    socket.on('data', (chunk: Buffer) => void into.push(chunk))
    socket.on('error', () => undefined)
  }
}

/** Takes messages apart by the length ahead of each. */
function framesOf(bytes: Buffer): readonly string[] {
  const frames: string[] = []
  for (let rest = bytes; rest.length > 0;) {
    const space = rest.indexOf(0x20)
    const length = Number(rest.subarray(0, space).toString())
    expect(length).toBeGreaterThan(0)
    frames.push(rest.subarray(space + 1, space + 1 + length).toString())
    expect(Buffer.byteLength(frames.at(-1)!)).toBe(length)
    rest = rest.subarray(space + 1 + length)
  }
  return frames
}

/** RFC 5424, section 6, without structured data. */
const message = /^<(\d{1,3})>1 (\S+) (\S{1,255}) (\S{1,48}) - (\S{1,32}) - (.+)$/u

describe('toSyslogMessage', () => {
  it.each([
    ['critical', 106],
    ['high', 107],
    ['medium', 108],
    ['low', 109],
  ] as const)('gives an alert that is %s the priority %i', (severity, priority) => {
    expect(toSyslogMessage(sampleAlert({ severity }), 'text')).toBe(
      `<${priority}>1 2026-11-26T12:00:00.000Z - sallyport - unauthorised-push - text`,
    )
  })

  it('lets no name become more than one field', () => {
    const origin = { hostname: 'a b\n', appName: '\u0000é', facility: 0 }
    expect(toSyslogMessage(sampleAlert({ at: 'never' }), 'text', origin)).toBe(
      '<2>1 - ab - - unauthorised-push - text',
    )
  })
})

describe('syslogSink', () => {
  it('sends messages over TCP, each with its length ahead', async () => {
    const received: Buffer[] = []
    const port = await listen(createServer(collect(received)))
    const sink = syslogSink({ host, port, transport: 'tcp', hostname: 'gate' })
    for (const each of [alert, hostileAlert()]) await sink.send(each, { signal })
    const frames = framesOf(Buffer.concat(received))
    expect(frames).toHaveLength(2)
    for (const frame of frames) {
      expect(frame).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u)
      expect(message.exec(frame)!.slice(1, 6)).toEqual([
        '106',
        '2026-11-26T12:00:00.000Z',
        'gate',
        'sallyport',
        'unauthorised-push',
      ])
      expect(message.exec(frame)![6]).toMatch(/^CEF:0\|Sallyport\|monitor\|/)
    }
  })

  it('sends them over TLS to whom it can trust, and to nobody else', async () => {
    const { cert, key } = testCertificate()
    const received: Buffer[] = []
    const port = await listen(createTlsServer({ cert, key }, collect(received)))
    await syslogSink({ host, port, tls: { ca: cert }, format: 'json' }).send(alert, { signal })
    const [frame] = framesOf(Buffer.concat(received))
    expect(JSON.parse(message.exec(frame!)![6]!)).toEqual(alert)
    received.length = 0
    for (const tls of [{}, { ca: testCertificate().cert }, { ca: cert, servername: 'other.example' }]) {
      await expect(syslogSink({ host, port, tls }).send(alert, { signal })).rejects.toMatchObject({
        code: 'SINK_FAILED',
        retryable: true,
      })
    }
    expect(received).toEqual([])
  })

  it('sends a datagram over UDP, not longer than it may be', async () => {
    const socket = createSocket('udp4')
    await new Promise<void>((resolve) => socket.bind(0, host, resolve))
    const { port } = socket.address()
    for (const format of ['cef', 'json'] as const) {
      for (const maxBytes of [480, 2048]) {
        const arrived = new Promise<Buffer>((resolve) => socket.once('message', resolve))
        await syslogSink({ host, port, transport: 'udp', format, maxBytes }).send(hostileAlert(), { signal })
        const text = (await arrived).toString()
        expect(Buffer.byteLength(text)).toBeLessThanOrEqual(maxBytes)
        expect(text).toMatch(message)
        expect(text).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202e]/u)
        if (format === 'json')
          expect(JSON.parse(message.exec(text)![6]!)).toMatchObject({ severity: 'critical' })
      }
    }
    socket.close()
  })

  it('fails when the connection is broken off, or nobody listens', async () => {
    const port = await listen(createServer((socket) => socket.resetAndDestroy()))
    const sink = syslogSink({ host, port, transport: 'tcp' })
    const failure = { name: 'MonitorError', code: 'SINK_FAILED', retryable: true, subject: 'syslog' }
    await expect(sink.send(alert, { signal })).rejects.toMatchObject(failure)
    await new Promise((resolve) => server!.close(resolve))
    await expect(sink.send(alert, { signal })).rejects.toMatchObject({
      ...failure,
      message: expect.stringContaining('ECONNREFUSED') as string,
    })
    server = undefined
  })

  it('does not wait for a server that never begins', async () => {
    const sockets: Socket[] = []
    const port = await listen(
      createServer((socket) => void sockets.push(socket.on('error', () => undefined))),
    )
    const sink = syslogSink({ host, port, timeoutMs: 50 })
    await expect(sink.send(alert, { signal })).rejects.toMatchObject({ code: 'SINK_FAILED', retryable: true })
    const aborted = AbortSignal.abort(new Error('enough'))
    await expect(sink.send(alert, { signal: aborted })).rejects.toThrow('enough')
    for (const socket of sockets) socket.destroy()
  })

  it.each([
    ['a port', { port: 65_536 }],
    ['a facility', { facility: 24 }],
    ['a length', { maxBytes: 100 }],
  ])('refuses %s out of range', (_, options) => {
    expect(() => syslogSink({ host, ...options })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID' }),
    )
  })
})
