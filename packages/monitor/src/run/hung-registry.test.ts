import { setTimeout } from 'node:timers/promises'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { pushImage } from '@sallyport/testkit'
import pLimit from 'p-limit'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { RegistryEvent } from '../event/registry-event.ts'
import type { PendingEvent } from '../ports/monitor-state.ts'
import { judgeBatch } from './judge-batch.ts'
import { resolveOptions } from './monitor-context.ts'
import type { MonitorOptions } from './monitor-options.ts'
import { type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

const patient = { timeout: 30_000, interval: 2 }
let test: MonitorTest
let server: Server
let host: string
const sockets = new Set<Socket>()

beforeEach(async () => {
  // Takes requests, and never answers.
  server = createServer((socket) => void sockets.add(socket.on('error', () => undefined)))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  test = await openMonitorTest()
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  sockets.clear()
  server.close()
  await test[Symbol.asyncDispose]()
})

const hung = (number: number): RegistryEvent =>
  test.event({ registry: host, repository: `prod/hung-${number}`, tag: '1' })

it('a registry that hangs delays no alert about another one', async () => {
  const place = `${host}/prod/*`
  const alerted = Promise.withResolvers<void>()
  const stop = new AbortController()
  const monitor = test.open({
    watch: [test.terms, { ...test.terms, repositories: [place] }],
    concurrency: 2,
    evidenceWaitMs: 0,
    onAlert: () => alerted.resolve(),
  })
  const running = monitor.run({ signal: stop.signal })
  try {
    await monitor.ingest(Array.from({ length: 20 }, (_, number) => hung(number)))
    await expect.poll(() => sockets.size, { timeout: 10_000 }).toBeGreaterThan(0)
    const { raw } = await test.push('not promoted', '1')
    await monitor.ingest([
      test.event({ tag: '1', digest: raw.descriptor.digest, actor: { kind: 'user', name: 'eve' } }),
    ])
    await alerted.promise
  } finally {
    stop.abort()
    await running
  }
  expect(await monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push' }])
})

it('a registry that hangs delays no look at another one, nor the next', async () => {
  const stop = new AbortController()
  const alerted = Promise.withResolvers<void>()
  const monitor = test.open({
    watch: [{ ...test.terms, repositories: [`${host}/prod/a`, `${host}/prod/b`] }, test.terms],
    evidenceWaitMs: 0,
    pollEveryMs: 1,
    sleep: async (_ms, signal) => {
      await setTimeout(1, undefined, { signal }).catch(() => undefined)
      test.advance(1)
    },
    listPlaces: async function* () {
      yield { registry: host, repository: 'prod/a' }
      yield { registry: host, repository: 'prod/b' }
      yield { registry: test.registry.host, repository: 'prod/app' }
    },
    onAlert: () => alerted.resolve(),
  })
  const running = monitor.run({ signal: stop.signal })
  try {
    await expect.poll(async () => (await test.state.findPlace(test.place))?.at, patient).toBeDefined()
    expect(sockets.size).toBe(1)
    await test.push('not promoted', '1')
    await alerted.promise
  } finally {
    stop.abort()
    await running
  }
  expect(await monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push' }])
})

it('a response that hangs delays no alert about another repository', async () => {
  const second = Promise.withResolvers<void>()
  const stop = new AbortController()
  const raised: string[] = []
  const monitor = test.open({
    watch: [{ ...test.terms, repositories: [`${test.registry.host}/prod/*`] }],
    responses: { quarantine: () => test.client.repository({ registry: host, repository: 'quarantine' }) },
    evidenceWaitMs: 0,
    onAlert: ({ repository }) => {
      if (raised.push(repository) === 2) second.resolve()
    },
  })
  const eve = { kind: 'user', name: 'eve' } as const
  const other = test.client.repository({ registry: test.registry.host, repository: 'prod/other' })
  const image = await test.push('not promoted', '1')
  await pushImage(other, image, '1')
  const { digest } = image.raw.descriptor
  const running = monitor.run({ signal: stop.signal })
  try {
    await monitor.ingest([test.event({ tag: '1', digest, actor: eve })])
    await expect.poll(() => sockets.size, { timeout: 10_000 }).toBeGreaterThan(0)
    await monitor.ingest([test.event({ repository: 'prod/other', tag: '1', digest, actor: eve })])
    await second.promise
  } finally {
    stop.abort()
    await running
  }
  expect(raised).toEqual(['prod/app', 'prod/other'])
})

it('what a registry does not answer in time is tried again, and told of when it was so for long', async () => {
  const options: MonitorOptions = {
    watch: [{ ...test.terms, repositories: [`${host}/prod/*`] }],
    journal: test.journal,
    open: (registry, repository) => test.client.repository({ registry, repository }),
    gateActors: {},
    state: test.state,
    clock: { now: test.now },
    unreadableAfterMs: 60_000,
  }
  const pending = Array.from({ length: 100 }, (_, number): PendingEvent => {
    const failingSince = number === 99 ? new Date(test.now().getTime() - 60_000).toISOString() : undefined
    const receivedAt = test.now().toISOString()
    return {
      key: `${number}`,
      queue: '',
      event: hung(0),
      receivedAt,
      tries: 0,
      isReported: false,
      failingSince,
    }
  })
  const batch = await judgeBatch(pending, resolveOptions(options), {
    now: test.now(),
    limit: pLimit(1),
    timeoutMs: 50,
  })
  expect(batch.judged).toEqual([])
  expect(batch.postponed.map(({ pending: { key } }) => key)).toEqual(pending.map(({ key }) => key))
  expect(batch.postponed.flatMap(({ finding }) => finding ?? [])).toMatchObject([{ kind: 'unjudged' }])
})
