// Asks a webhook as the API server does, and prints milliseconds as JSON:
//
//   admission-load.mjs TASK   TASK: JSON { port, ca, images, perSecond, seconds, timeout, connections, phase, isConnected }
//
// Open loop: reviews go out on time whether or not earlier ones are answered, and a time is counted from when its review
// was due; the first two seconds are not counted, in which both programs are compiled. Without `perSecond` all go out at
// once, or as fast as `connections` allow; with `isConnected` over connections that are open before, as the API server's are.
import { readFileSync } from 'node:fs'
import { Agent, request } from 'node:https'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'

const task = JSON.parse(process.argv[2])
const { port, images, perSecond, seconds, timeout = 10, connections = 64, phase = 'validate' } = task
const servername = 'sallyport-admission.sallyport.svc'
const agent = new Agent({ keepAlive: true, maxSockets: connections, ca: readFileSync(task.ca), servername })
const options = {
  host: '127.0.0.1',
  port,
  path: `/${phase}?timeout=${timeout}s`,
  method: 'POST',
  agent,
  headers: { 'content-type': 'application/json' },
}

function reviewOf(image, uid) {
  const kind = { group: '', version: 'v1', kind: 'Pod' }
  const resource = { group: '', version: 'v1', resource: 'pods' }
  const object = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'prod' },
    spec: { containers: [{ name: 'web', image }] },
  }
  const about = {
    kind,
    resource,
    requestKind: kind,
    requestResource: resource,
    namespace: 'prod',
    name: 'web',
  }
  const rest = { operation: 'CREATE', userInfo: {}, object, oldObject: null, dryRun: false, options: null }
  return JSON.stringify({
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    request: { uid, ...about, ...rest },
  })
}

const outcomes = { allowed: 0, denied: 0, failed: 0 }
const reasons = {}
const times = []
let counter = 0
async function ask(image, due) {
  const uid = `u-${counter++}`
  try {
    const text = await new Promise((resolve, reject) => {
      const outgoing = request(options, (incoming) => {
        let body = ''
        incoming.setEncoding('utf8').on('data', (chunk) => (body += chunk))
        incoming.on('end', () => resolve(body)).on('error', reject)
      })
      outgoing.on('error', reject).end(reviewOf(image, uid))
    })
    times.push(performance.now() - due)
    const { response } = JSON.parse(text)
    if (response.uid !== uid) throw new Error('the answer to another review')
    outcomes[response.allowed ? 'allowed' : 'denied'] += 1
    if (!response.allowed) {
      const reason = `${response.status.code} ${response.status.message.slice(0, 120)}`
      if (Object.keys(reasons).length < 5 || reason in reasons) reasons[reason] = (reasons[reason] ?? 0) + 1
    }
  } catch (error) {
    outcomes.failed += 1
    reasons[error.code ?? error.message] = (reasons[error.code ?? error.message] ?? 0) + 1
  }
}

const asked = []
if (perSecond === undefined) {
  if (task.isConnected) await Promise.all(Array.from({ length: connections }, connect))
  // `connections` at a time.
  const queue = images[Symbol.iterator]()
  const worker = async () => {
    for (const image of queue) await ask(image, performance.now())
  }
  asked.push(...Array.from({ length: Math.min(connections, images.length) }, worker))
} else {
  // Connections first: the API server has them already.
  await Promise.all(Array.from({ length: connections }, () => ask(images[0], performance.now())))
  times.length = 0
  outcomes.allowed = outcomes.denied = 0
  await run(2)
  times.length = outcomes.allowed = outcomes.denied = 0
  await run(seconds)
}

/** Opens one more connection, and leaves it to the agent. */
function connect() {
  return new Promise((resolve, reject) => {
    const outgoing = request({ ...options, path: '/healthz', method: 'GET', headers: {} }, (incoming) =>
      incoming.resume().on('end', resolve).on('error', reject),
    )
    outgoing.on('error', reject).end()
  })
}

/** Asks on time for so many seconds, and waits for the last answer. */
async function run(forSeconds) {
  const start = performance.now()
  const all = []
  for (let at = 0; at < perSecond * forSeconds; at++) {
    const due = start + (at * 1_000) / perSecond
    const early = due - performance.now()
    if (early > 1) await delay(early)
    // A timer is exact to a millisecond: what goes out before it is due is counted from then.
    all.push(ask(images[at % images.length], Math.min(due, performance.now())))
  }
  await Promise.all(all)
}

await Promise.all(asked)
agent.destroy()
times.sort((one, other) => one - other)
const at = (part) => times[Math.min(times.length - 1, Math.floor(times.length * part))]
const [p50, p99, most] = [at(0.5), at(0.99), at(1)]
process.stdout.write(JSON.stringify({ count: times.length, p50, p99, most, outcomes, reasons }))
