// Reviews over TLS while everything that they lean on fails: registry, network, clock and certificates. Whatever is
// answered must be right or a refusal, and in time; afterwards everything works again without a restart.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import process from 'node:process'
import {
  createAdmission,
  createRegistryVerifier,
  defineAdmissionPolicy,
  pullingClients,
} from '@sallyport/admission'
import { createWebhookServer, type WebhookEvent } from '@sallyport/admission/webhook'
import { generateSigningKey } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import { seededRandom } from '@sallyport/test-chaos/seeded-random'
import { type InjectedFault, registryFaults, startRegistry, type TestRegistry } from '@sallyport/testkit'
import { createReviewClient, podReview, type ReviewClient } from '@sallyport/testkit/kubernetes'
import { createTlsAuthority } from '@sallyport/testkit/tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { gateId, type Kind, kinds, pushKinds } from './push-kinds.ts'

const seed = Number(process.env['SALLYPORT_FAULTS_SEED'] ?? Date.now() % 1_000_000)
const perRound = Number(process.env['SALLYPORT_FAULTS_REVIEWS'] ?? 400)
const timeoutSeconds = 2
const day = 86_400_000
const hosts = ['sallyport-admission.sallyport.svc']

interface Answered {
  readonly kind: Kind
  readonly digest: Digest
  readonly allowed: boolean
  readonly code: number
  readonly message: string
  readonly pinned: string | undefined
  readonly ms: number
}

const resources = new AsyncDisposableStack()
const random = seededRandom(seed)
const authority = createTlsAuthority()
const events: WebhookEvent[] = []
let registry: TestRegistry
let images: ReadonlyMap<Kind, readonly Digest[]>
let folder: string
let port: number
/** What the clock of the webhook is ahead by. */
let aheadMs = 0
/** What goes wrong with the next request to the registry. */
let fault: () => InjectedFault | undefined = () => undefined

beforeAll(async () => {
  process.stdout.write(`faults: SALLYPORT_FAULTS_SEED=${seed}\n`)
  folder = await mkdtemp(join(tmpdir(), 'sallyport-faults-'))
  resources.defer(() => rm(folder, { recursive: true, force: true }))
  registry = resources.use(await startRegistry({ onRequest: () => fault() }))
  const keys = { release: generateSigningKey(), stranger: generateSigningKey() }
  images = await pushKinds(registry.host, keys)
  await writePair(authority.issue({ name: 'first', hosts }))

  const clock = { now: () => new Date(Date.now() + aheadMs) }
  const clients = resources.use(pullingClients({ client: { retry: { attempts: 2 } } }))
  const decision = { tier: 'prod', gates: [{ id: gateId, by: 'release' }], maxAge: '30d' }
  const policy = defineAdmissionPolicy(
    {
      version: 1,
      signers: { release: { keys: [keys.release.publicKey] } },
      rules: [{ name: 'promoted', require: { decision, signature: { by: 'release' } } }],
    },
    { source: 'faults' },
  )
  const admission = resources.use(
    createAdmission({
      policy,
      verifier: createRegistryVerifier({ repository: clients.repository, clock }),
      clock,
      // Short, so that nearly every review is about what the registry says now.
      cache: { passTtlMs: 50, failTtlMs: 50, errorTtlMs: 20 },
      verificationTimeoutMs: 4_000,
    }),
  )
  const server = resources.use(
    await createWebhookServer({
      admission,
      tls: { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') },
      port: 0,
      host: '127.0.0.1',
      certificateCheckMs: 20,
      clock: { now: () => new Date() },
      onEvent: (event) => events.push(event),
    }),
  )
  port = server.port
})
afterAll(() => resources.disposeAsync())

async function writePair({ cert, key }: { readonly cert: string; readonly key: string }): Promise<void> {
  await writeFile(join(folder, 'tls.crt'), cert)
  await writeFile(join(folder, 'tls.key'), key)
}

const open = (): ReviewClient => createReviewClient({ port, ca: authority.ca })

let counter = 0
async function ask(client: ReviewClient, kind: Kind, digest: Digest): Promise<Answered> {
  const place = `${registry.host}/prod/${kind}`
  const byTag = random.next() < 0.5
  const reference = byTag ? `${place}:${digest.slice(7, 19)}` : `${place}@${digest}`
  // Tags are only pinned when mutating; validating refuses them.
  const path = byTag || random.next() < 0.5 ? '/mutate' : '/validate'
  const uid = `u-${counter++}`
  const answer = await client.review(path, podReview(reference, { uid }), timeoutSeconds)
  const { allowed, status, patch, ms } = answer
  const pinned = patch === undefined ? undefined : /sha256:[0-9a-f]{64}/.exec(decode(patch))?.[0]
  if (allowed && byTag) expect(pinned).toBe(digest)
  return { kind, digest, allowed, code: status?.code ?? 200, message: status?.message ?? '', pinned, ms }
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString('utf8')

/** Sends reviews of all kinds from several workers, and checks what holds whatever happens. */
async function storm(count = perRound): Promise<readonly Answered[]> {
  const all: Answered[] = []
  let left = count
  // What the machine keeps from this process, in which client and webhook are both, is nobody's lateness.
  const withheld = monitorEventLoopDelay({ resolution: 5 })
  withheld.enable()
  const worker = async (): Promise<void> => {
    using client = open()
    while (left-- > 0) {
      const kind = random.pick(kinds)
      all.push(await ask(client, kind, random.pick(images.get(kind)!)))
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  withheld.disable()
  const mostMs = timeoutSeconds * 1_000 + withheld.max / 1e6
  expect(all).toHaveLength(count)
  for (const { kind, allowed, ms, pinned, digest } of all) {
    if (kind !== 'promoted') expect({ kind, allowed }).toEqual({ kind, allowed: false })
    if (pinned !== undefined) expect(pinned).toBe(digest)
    expect(ms).toBeLessThan(mostMs)
  }
  return all
}

/** Everything is right again, without a restart. */
async function expectRecovery(): Promise<void> {
  fault = () => undefined
  aheadMs = 0
  using client = open()
  for (const kind of kinds)
    for (const digest of images.get(kind)!) {
      const verdict = async () => {
        const { allowed, code } = await ask(client, kind, digest)
        return [allowed, code]
      }
      await expect
        .poll(verdict, { timeout: 15_000, interval: 50 })
        .toEqual(kind === 'promoted' ? [true, 200] : [false, 403])
    }
}

const flaky = (part: number, make: () => InjectedFault) => () => (random.next() < part ? make() : undefined)

describe('with everything in order', () => {
  it('promoted images are let in and others are not', async () => {
    const all = await storm()
    for (const { kind, allowed } of all) expect(allowed).toBe(kind === 'promoted')
  })
})

describe('no wrong allow, no crash, no late answer, and recovery', () => {
  it.each<[string, () => InjectedFault | undefined]>([
    ['a registry that is down', () => registryFaults.serverError(503)],
    [
      'a registry that fails now and then',
      flaky(0.4, () => registryFaults.serverError(random.pick([500, 502, 503]))),
    ],
    ['a registry that limits', flaky(0.6, () => registryFaults.tooManyRequests(1))],
    ['a registry that forgets', flaky(0.4, () => ({ type: 'respond', status: 404 }))],
    [
      'a registry that knows nobody',
      flaky(0.5, () => ({ type: 'respond', status: random.pick([401, 403]) })),
    ],
    ['wrong bytes', flaky(0.5, () => registryFaults.wrongByte(random.below(200)))],
    ['wrong lengths', flaky(0.5, () => registryFaults.wrongLength(random.pick([-20, -1, 1, 20])))],
    [
      'another digest in the header',
      flaky(0.7, () => registryFaults.lyingDigest(random.pick(images.get('unsigned')!))),
    ],
    [
      'another body',
      flaky(0.5, () => ({
        type: 'alter-response',
        body: Buffer.from(random.pick(['', '{}', '[]', 'null', '<html>'])),
      })),
    ],
    ['answers cut short', flaky(0.5, () => registryFaults.cutResponse(random.below(300)))],
    ['connections that are reset', flaky(0.5, () => ({ type: 'drop-connection' }))],
    ['answers that drip', flaky(0.3, () => registryFaults.slowResponse({ bytes: 20, pauseMs: 200 }))],
    [
      'all of it at once',
      flaky(0.5, () =>
        random.pick([
          registryFaults.serverError(),
          registryFaults.tooManyRequests(),
          registryFaults.wrongByte(random.below(100)),
          registryFaults.cutResponse(random.below(300)),
          { type: 'drop-connection' },
          registryFaults.wrongLength(1),
        ]),
      ),
    ],
  ])('with %s', async (what, make) => {
    fault = make
    const all = await storm()
    // The storm was one; but a header is no proof, so that a wrong one need change nothing.
    const felt = all.filter(({ kind, allowed }) => kind === 'promoted' && !allowed)
    expect(felt.length).toBeGreaterThanOrEqual(what === 'another digest in the header' ? 0 : 1)
    await expectRecovery()
  })

  it('with a clock that goes to where decisions are too old, and back', async () => {
    for (const ahead of [31 * day, 400 * day]) {
      await storm(100)
      aheadMs = ahead
      for (const { kind, allowed } of await storm(200))
        expect({ kind, allowed }).toEqual({ kind, allowed: false })
      await expectRecovery()
    }
    // A decision that is from later than now is none that counts.
    aheadMs = -2 * day
    for (const { allowed } of await storm(200)) expect(allowed).toBe(false)
    await expectRecovery()
  })

  it('with a clock that jumps under load', async () => {
    const jumps = setInterval(() => (aheadMs = random.pick([0, 1_000, 31 * day, -day])), 10)
    try {
      expect(await storm()).toHaveLength(perRound)
    } finally {
      clearInterval(jumps)
    }
    await expectRecovery()
  })

  it('with certificates that are changed, broken and expired under load', async () => {
    const first = authority.issue({ name: 'next', hosts })
    const past = { notBefore: new Date(Date.now() - 2 * day), notAfter: new Date(Date.now() - day) }
    const pairs = [
      { ...first, key: authority.issue({ name: 'other', hosts }).key },
      authority.issue({ name: 'expired', hosts, ...past }),
      { cert: '', key: '' },
      { cert: 'broken', key: 'broken' },
      first,
    ]
    const stop = new AbortController()
    const load = (async () => {
      const all: Answered[] = []
      while (!stop.signal.aborted) all.push(...(await storm(64)))
      return all
    })()
    const count = (type: WebhookEvent['type']) => events.filter((event) => event.type === type).length
    for (const pair of pairs) {
      const before = count('certificate-refused') + count('certificate-loaded')
      await writePair(pair)
      await expect
        .poll(() => count('certificate-refused') + count('certificate-loaded'), { timeout: 15_000 })
        .toBeGreaterThan(before)
    }
    stop.abort()
    for (const { kind, allowed } of await load) expect(allowed).toBe(kind === 'promoted')
    await expectRecovery()
  })
})
