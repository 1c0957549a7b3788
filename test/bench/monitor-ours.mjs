// Runs a monitor as a user's program would, from what is published, and prints what it took as JSON:
//
//   monitor-ours.mjs TASK   TASK: JSON { registry, work, images, promotions, perSecond, seconds, drainSeconds }
//
// A gate pushes again what is there (`images`, by popularity), and promotes what is new (`promotions`): an index of two
// images under three tags, with a decision. What it pushes is told by notifications and by an access log without digests,
// and half of all events are deliveries of what was told before. Each phase ends: what is not judged `drainSeconds` after it
// is counted as left. At last the same load goes to what teams write by hand (monitor-peer.mjs).
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import {
  attachAttestation,
  createStatement,
  decisionLevel,
  decisionResource,
  generateSigningKey,
  keySigner,
  predicateKinds,
  predicateTypes,
} from '@sallyport/attest'
import { digestOf } from '@sallyport/core'
import { sqliteJournal } from '@sallyport/gate'
import { createMonitor, sqliteMonitorState } from '@sallyport/monitor'
import { createRegistryClient, fallbackTag } from '@sallyport/oci'
import { createImage, createImageIndex, pushImage } from '@sallyport/testkit'
import { openPeer } from './monitor-peer.mjs'

const { registry, work, images, promotions, perSecond, seconds, drainSeconds } = JSON.parse(process.argv[2])
const gate = { kind: 'robot', name: 'robot$gate' }
const release = generateSigningKey()
const signer = keySigner(release.privateKey)
const tagsOf = (number) => [`${number}`, `${number}.0`, `${number}-latest`]
const repositories = 20
const nameOf = (number) => `prod/app-${number % repositories}`

await using client = createRegistryClient({ settleMs: 0 })
await using journal = sqliteJournal(join(work, 'gate.db'))
await using state = sqliteMonitorState(join(work, 'monitor.db'))
const opened = new Map()
const open = (host, repository) => {
  if (!opened.has(repository)) opened.set(repository, client.repository({ registry: host, repository }))
  return opened.get(repository)
}
const alerts = []
const monitor = createMonitor({
  watch: [
    {
      repositories: [`${registry}/prod/*`],
      tier: 'prod',
      verifiers: [{ id: 'https://gate.example', by: { keys: [release.publicKey] } }],
    },
  ],
  journal,
  open,
  gateActors: { [registry]: [{ name: gate.name }] },
  state,
  onJudgement: ({ event, ...judgement }) => {
    waiting.get(event.id)?.(performance.now())
    waiting.delete(event.id)
    if (judgement.outcome === 'alert') alerts.push(judgement.alert)
  },
})
/** What is not judged yet, by id. */
const waiting = new Map()

/** Pushes an image with its decision, and notes its promotion. */
async function promote(number) {
  const repository = client.repository({ registry, repository: nameOf(number) })
  const place = `${registry}/${nameOf(number)}`
  const files = (platform) => ({ layers: [{ files: { '/app': `${number} ${platform}` } }], platform })
  const index = createImageIndex({
    'linux/amd64': createImage(files('linux/amd64')),
    'linux/arm64': createImage(files('linux/arm64')),
  })
  const { descriptor } = index.raw
  const startedAt = new Date().toISOString()
  await pushImage(repository, index)
  const tags = tagsOf(number)
  const predicate = predicateKinds.vsa.build({
    verifier: { id: 'https://gate.example' },
    timeVerified: new Date(),
    resourceUri: decisionResource(place),
    policy: { uri: 'gate.yaml', digest: digestOf('policy') },
    result: 'PASSED',
    verifiedLevels: [decisionLevel('prod')],
  })
  const statement = createStatement(
    [{ name: place, digest: descriptor.digest }],
    predicateTypes.vsa,
    predicate,
  )
  await attachAttestation(repository, descriptor, statement, signer, {
    mode: 'bundle',
    settleMs: 0,
  })
  for (const tag of tags) {
    await repository.putManifest(index.raw, { tag })
    const key = digestOf(`${number} ${tag}`)
    const destination = `${place}:${tag}`
    const policyDigest = digestOf('policy')
    await journal.begin({
      key,
      source: 'build/app:1',
      sourceDigest: descriptor.digest,
      destination,
      tier: 'prod',
      policyDigest,
      startedAt,
    })
    await journal.finish(key, {
      finishedAt: new Date().toISOString(),
      verdict: 'pass',
      targetDigest: descriptor.digest,
    })
  }
  const [referrer] = await repository.listReferrers(descriptor.digest)
  const list = await repository.findManifest(fallbackTag(descriptor.digest))
  return {
    number,
    time: Date.now(),
    digest: descriptor.digest,
    children: index.children.map(({ descriptor: { digest } }) => digest),
    referrer: referrer.digest,
    list: list?.descriptor.digest,
  }
}

async function promoteAll(count, from) {
  const all = []
  for (let at = 0; at < count; at += 8)
    all.push(
      ...(await Promise.all(
        Array.from({ length: Math.min(8, count - at) }, (_, index) => promote(from + at + index)),
      )),
    )
  return all
}

let counter = 0
/** What a push of an image makes sources tell. Each is a second after the last of it: what is told of a second is one. */
function told(image, isNew) {
  const { number, digest, children, referrer, list } = image
  const time = new Date((image.time += 1000)).toISOString()
  const base = { action: 'push', registry, repository: nameOf(number) }
  const notify = (more) => ({
    ...base,
    id: `distribution:${counter++}`,
    source: 'distribution',
    time,
    actor: gate,
    ...more,
  })
  const log = (more) => ({
    ...base,
    id: `access-log:${counter++}`,
    source: 'access-log',
    time,
    actor: { kind: 'unknown' },
    ...more,
  })
  const pushed = [...children, digest].map((each) => ({ digest: each }))
  const evidence = isNew
    ? [{ digest: referrer }, ...(list ? [{ digest: list, tag: fallbackTag(digest) }] : [])]
    : []
  return [
    ...[...pushed, ...evidence, ...tagsOf(number).map((tag) => ({ tag, digest }))].map(notify),
    ...[...pushed, ...evidence.map(({ digest, tag }) => (tag ? { tag } : { digest }))].map(log),
    ...tagsOf(number).map((tag) => log({ tag })),
  ]
}

/** An endless run of events. */
function* openLoad(known, fresh) {
  const recent = []
  let seed = 1
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const toPromote = [...fresh]
  // One burst in so many is new, such that they last to the end.
  for (let burst = 0; ; burst++) {
    const isNew = burst % 20 === 19 && toPromote.length > 0
    const image = isNew ? toPromote.pop() : known[Math.floor(known.length ** random()) - 1]
    for (const event of told(image, isNew)) {
      yield event
      recent.push(event)
      if (recent.length > 5000) recent.shift()
      yield recent[Math.floor(random() * recent.length)]
    }
  }
}

const known = await promoteAll(images, 0)
const fresh = await promoteAll(promotions, images)
const stop = new AbortController()
const running = monitor.run({ signal: stop.signal })
const load = openLoad(known, fresh)
const requests = () =>
  [...opened.values()]
    .flatMap((repository) => repository.requests())
    .reduce((sum, { count }) => sum + count, 0)

const seen = new Set()
const take = (count) => Array.from({ length: count }, () => load.next().value)

/** Delivers some events; resolves when each is judged. `times` gets the milliseconds until then, `answers` those until all were kept. */
async function deliver(count, times = [], answers = []) {
  const events = take(count)
  const startedAt = performance.now()
  const judged = events.flatMap(({ id }) => {
    if (seen.has(id)) return []
    seen.add(id)
    return [
      new Promise((resolve) => {
        waiting.set(id, (at) => resolve(times.push(at - startedAt)))
      }),
    ]
  })
  await monitor.ingest(events)
  answers.push(performance.now() - startedAt)
  await Promise.all(judged)
}

/** Waits for what was delivered, but not for ever; resolves with how much is left. */
async function drain(all) {
  const enough = new AbortController()
  const late = delay(drainSeconds * 1000, undefined, { signal: enough.signal }).catch(() => undefined)
  await Promise.race([Promise.all(all), late])
  enough.abort()
  return waiting.size
}

const percentiles = (times) => {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (part) => sorted[Math.floor(sorted.length * part)] ?? 0
  return { p50: at(0.5), p99: at(0.99) }
}

/** As much as it takes, with so many deliveries at a time. */
async function measureCapacity(send) {
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  const until = startedAt + seconds * 1000
  let events = 0
  const all = Array.from({ length: 100 }, async () => {
    while (performance.now() < until) {
      await send(5)
      events += 5
    }
  })
  await drain(all)
  const { user, system } = process.cpuUsage(cpu)
  return {
    perSecond: events / ((performance.now() - startedAt) / 1000),
    cpuMicrosPerEvent: (user + system) / events,
  }
}

/** So many a second, in deliveries of five. */
async function measureSteady() {
  const times = []
  const answers = []
  const all = []
  const before = requests()
  const cpu = process.cpuUsage()
  const startedAt = performance.now()
  let sent = 0
  for (let now = 0; now < seconds * 1000; now = performance.now() - startedAt) {
    for (; sent < (now / 1000) * perSecond; sent += 5) all.push(deliver(5, times, answers))
    await delay(1)
  }
  const left = await drain(all)
  const took = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return {
    perSecond: (sent - left) / took,
    left,
    judged: percentiles(times),
    answered: percentiles(answers),
    cpuMicrosPerEvent: (user + system) / sent,
    requestsPerEvent: (requests() - before) / sent,
  }
}

// Warm up: all of it is seen once.
for (const image of known) await monitor.ingest(told(image, true))
await drain(Array.from({ length: 200 }, () => deliver(10)))

const steady = await measureSteady()
const capacity = await measureCapacity(deliver)
stop.abort()
await running
const { explained, alerted, waiting: left } = await monitor.status()
const peer = openPeer({ registry, work })
const byHand = await measureCapacity((count) => peer.deliver(take(count)))
peer.close()
process.stdout.write(
  JSON.stringify({ steady, capacity, byHand, explained, alerted, left, alerts: alerts.slice(0, 2) }),
)
// What was given up on may still wait.
process.exit(0)
