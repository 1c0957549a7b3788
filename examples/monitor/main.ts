// Runs the code of docs/guides/monitor.md beside a gate and two registries in this process.
import { strict as assert } from 'node:assert'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as pause } from 'node:timers/promises'
import { generateSigningKey } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import { type Alert, type Monitor, type MonitorOptions, sqliteMonitorState } from '@sallyport/monitor'
import { signWebhook, toCloudEvent } from '@sallyport/monitor/sinks'
import { createRegistryClient, type RegistryClient } from '@sallyport/oci'
import { pushImage } from '@sallyport/testkit'
import { openGate } from '../gate/guide/open-gate.ts'
import { sampleImage, writeSamples } from '../gate/write-samples.ts'
import { checkDocuments } from './check-documents.ts'
import { chooseSinks, delivery } from './guide/choose-sinks.ts'
import { feedGate } from './guide/feed-gate.ts'
import { followLog } from './guide/follow-log.ts'
import { forgetOld } from './guide/forget-old.ts'
import { harborFormats, readAuditPage } from './guide/harbor-sources.ts'
import { listPlaces } from './guide/list-places.ts'
import { openMonitor } from './guide/open-monitor.ts'
import { receiveAlert } from './guide/receive-webhook.ts'
import { respondTo } from './guide/respond.ts'
import { retryDeadLetters } from './guide/retry-dead-letters.ts'
import { runMonitor } from './guide/run-monitor.ts'
import { showStatus } from './guide/show-status.ts'
import { startPlaces } from './start-places.ts'

await checkDocuments()

const folder = await mkdtemp(join(tmpdir(), 'sallyport-monitor-'))
const back = process.cwd()
process.chdir(folder)
process.env['DOCKER_CONFIG'] = join(folder, 'docker')
const token = 'a-long-random-token'
let onBuild: RequestListener = (_request, response) => response.writeHead(503).end()
const hooks = createServer((request, response) => onBuild(request, response)).listen(0, '127.0.0.1')
await once(hooks, 'listening')
const places = await startPlaces(
  token,
  `http://127.0.0.1:${(hooks.address() as AddressInfo).port}/hooks/build`,
)
const { build, production } = places
const registry = production.host

/** Waits until something holds. */
async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 30_000; !(await holds()); await pause(100))
    assert(Date.now() < end, `${what} did not come true`)
}

/** What the sink got, a word each. */
async function told(): Promise<readonly Alert[]> {
  const text = await readFile('alerts.ndjson', 'utf8').catch(() => '')
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Alert)
}

/** Waits for so many alerts, and until nothing is left to be judged or delivered; gives the last one. */
async function settle(monitor: Monitor, count: number): Promise<Alert | undefined> {
  await until(`${count} alerts`, async () => {
    await production.notificationsSettled()
    const { waiting, queues } = await monitor.status()
    return waiting === 0 && queues.every((queue) => queue.waiting === 0) && (await told()).length >= count
  })
  const alerts = await told()
  assert.deepEqual(
    alerts.slice(count).map(({ title }) => title),
    [],
  )
  return alerts.at(-1)
}

/** Runs a monitor while something is done. */
async function watch(
  more: Partial<MonitorOptions>,
  work: (monitor: Monitor) => Promise<void>,
): Promise<void> {
  await using resources = new AsyncDisposableStack()
  const client = places.clientOf('monitor')
  const monitor = await openMonitor(registry, resources, {
    open: (registry, repository) => client.repository({ registry, repository }),
    listPlaces: listPlaces(client, registry),
    evidenceWaitMs: 1000,
    pollEveryMs: 1000,
    // All on one clock, and promotions follow each other within seconds.
    promotionWindow: { skewMs: 0, afterMs: 0 },
    ...more,
  })
  const end = new AbortController()
  const { port } = places
  const running = runMonitor(monitor, registry, { token, port, signal: end.signal })
  try {
    await Promise.race([work(monitor), running.then(() => assert.fail('the monitor ended'))])
  } finally {
    end.abort()
    await running
  }
}

async function push(client: RegistryClient, host: string, name: string, version: string): Promise<Digest> {
  const [repository = '', tag = ''] = name.split(':')
  const image = sampleImage({ version })
  await pushImage(client.repository({ registry: host, repository }), image, tag)
  return image.raw.descriptor.digest
}

try {
  await writeSamples()
  const keys = { EVIDENCE_KEY: generateSigningKey(), RELEASE_KEY: generateSigningKey() }
  for (const [name, { privateKey }] of Object.entries(keys)) process.env[name] = privateKey
  await writeFile('evidence.pub', keys.EVIDENCE_KEY.publicKey)
  await writeFile('release.pub', keys.RELEASE_KEY.publicKey)
  await using resources = new AsyncDisposableStack()
  const client = resources.use(createRegistryClient())
  const gate = await openGate(resources)
  const promote = async (name: string, version: string): Promise<Digest> => {
    await push(client, build.host, name, version)
    const outcome = await gate.promote({
      from: `${build.host}/${name}`,
      to: `${registry}/${name}`,
      tier: 'prod',
    })
    assert.equal(outcome.verdict, 'pass')
    return production.resolve('team/app', '1')!
  }
  const mallory = places.clientOf('mallory').repository({ registry, repository: 'team/app' })

  await watch({}, async (monitor) => {
    // What the gate does is no alarm.
    const first = await promote('team/app:1', 'one')
    const second = await promote('team/app:1', 'two')
    assert.notEqual(first, second)
    await settle(monitor, 0)
    assert((await monitor.status()).explained > 0)

    // Other hands.
    const bad = await push(places.clientOf('mallory'), registry, 'team/app:1', 'bad')
    const { kind, tag, digest, actor, severity } = (await settle(monitor, 1))!
    assert.deepEqual(
      { kind, tag, digest, severity },
      { kind: 'unauthorised-push', tag: '1', digest: bad, severity: 'critical' },
    )
    assert.equal(actor.name, 'mallory')
    // The same from other sources is the same alert.
    const line = `127.0.0.1 - - [${logTime()}] "PUT /v2/team/app/manifests/1 HTTP/1.1" 201 0 "" "crane"`
    await followLog(
      monitor,
      registry,
      (async function* () {
        yield line
      })(),
    )
    const row = {
      id: 1,
      username: 'mallory',
      resource: 'team/app:1',
      resource_type: 'artifact',
      operation: 'create',
      op_time: new Date(),
    }
    assert.equal(await readAuditPage(monitor, registry, Buffer.from(JSON.stringify([row]))), 1)
    await settle(monitor, 1)

    // The tag moved back.
    await mallory.putManifest(await mallory.getManifest(first), { tag: '1' })
    assert.equal((await settle(monitor, 2))!.kind, 'rollback')

    // Evidence deleted.
    const [referrer] = await mallory.listReferrers(second)
    await mallory.deleteManifest(referrer!.digest)
    const lost = (await settle(monitor, 3))!
    assert.deepEqual([lost.kind, lost.digest], ['evidence-deleted', second])

    assert.deepEqual(await showStatus(monitor, new Date()), [])
    assert.equal(await retryDeadLetters(monitor, 'file'), 0)
  })

  // Put right, then pushed over while no monitor runs: found by comparing, kept aside, and moved back.
  const good = await promote('team/app:1', 'three')
  await watch({}, async (monitor) => {
    await monitor.poll()
    await settle(monitor, (await told()).length)
  })
  const before = (await told()).length
  const worse = await push(places.clientOf('mallory'), registry, 'team/app:1', 'worse')
  await production.notificationsSettled()
  await watch({ responses: respondTo(places.clientOf('gate'), registry, build.host) }, async (monitor) => {
    const { kind, digest } = (await settle(monitor, before + 1))!
    assert.deepEqual([kind, digest], ['unauthorised-push', worse])
    await until('the tag moved back', async () => production.resolve('team/app', '1') === good)
    assert(build.resolve('quarantine/team/app', worse))

    // At push.
    onBuild = feedGate(gate, { build: build.host, production: `${registry}/live`, token }).node
    await push(client, build.host, 'build/four:1', 'four')
    await until('the promotion', async () => production.resolve('live/four', '1') !== undefined)
    await settle(monitor, before + 1)
  })

  // What has no place here to go to.
  const secret = `whsec_${Buffer.alloc(32, 1).toString('base64')}`
  const sinks = chooseSinks(
    { slackUrl: 'https://hooks.slack.example/x', pagerDutyKey: 'a'.repeat(32), webhook: secret },
    { emit: () => undefined },
  )
  assert.equal(new Set(sinks.map(({ name }) => name)).size, 9)
  assert(Object.keys(delivery.maxPerMinute).every((name) => sinks.some((sink) => sink.name === name)))
  assert.deepEqual(Object.keys(harborFormats(registry, token)), ['/hooks/harbor'])
  const event = toCloudEvent((await told())[0]!)
  const body = JSON.stringify(event)
  const headers = { ...signWebhook({ id: event.id, sentAt: new Date(), body, secrets: [secret] }) }
  const request = () => new Request('http://127.0.0.1/alerts', { method: 'POST', headers, body })
  assert.equal((await receiveAlert(request(), [secret]))?.kind, 'unauthorised-push')
  assert.equal(await receiveAlert(request(), [secret]), undefined)
  await assert.rejects(receiveAlert(request(), [`whsec_${Buffer.alloc(32, 2).toString('base64')}`]))
  await using state = sqliteMonitorState('monitor.db')
  assert.equal(await forgetOld(state, new Date()), 0)
  assert((await forgetOld(state, new Date(Date.now() + 91 * 86_400_000))) > 0)
} finally {
  process.chdir(back)
  await places[Symbol.asyncDispose]()
  hooks.close().closeAllConnections()
  await rm(folder, { recursive: true, force: true })
}

/** Now, as access logs write it. */
function logTime(): string {
  const [, day, month, year, time] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date().toUTCString()) ?? []
  return `${day}/${month}/${year}:${time} +0000`
}
