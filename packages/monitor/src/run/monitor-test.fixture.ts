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
import { type Digest, digestOf, type RawManifest } from '@sallyport/core'
import { type Journal, sqliteJournal } from '@sallyport/gate'
import { createRegistryClient, type RegistryClient, type RegistryRepository } from '@sallyport/oci'
import {
  createImage,
  type GeneratedImage,
  pushImage,
  type RegistryQuirks,
  startRegistry,
  type TestRegistry,
} from '@sallyport/testkit'
import type { Alert } from '../alert/alert.ts'
import type { Judgement } from '../alert/explanation.ts'
import type { EventActor, RegistryEvent } from '../event/registry-event.ts'
import type { WatchTerms } from '../judge/watch.ts'
import type { MonitorState } from '../ports/monitor-state.ts'
import { sqliteMonitorState } from '../state/sqlite-monitor-state.ts'
import { createMonitor, type Monitor } from './create-monitor.ts'
import type { MonitorOptions } from './monitor-options.ts'

/** Actors of the tests. */
export const actors = {
  gate: { kind: 'robot', name: 'robot$gate' },
  alice: { kind: 'user', name: 'alice' },
  unknown: { kind: 'unknown' },
  anonymous: { kind: 'anonymous' },
} as const satisfies Record<string, EventActor>

const startTime = Date.parse('2026-11-26T12:00:00.000Z')
const keys = { release: generateSigningKey(), evidence: generateSigningKey(), stranger: generateSigningKey() }
export const signers = {
  release: keySigner(keys.release.privateKey),
  evidence: keySigner(keys.evidence.privateKey),
  stranger: keySigner(keys.stranger.privateKey),
}
const verifierId = 'https://gate.example'

/** A real registry, a real journal, and a clock that only moves when it is told to. */
export interface MonitorTest extends AsyncDisposable {
  readonly registry: TestRegistry
  readonly client: RegistryClient
  readonly journal: Journal
  readonly state: MonitorState
  readonly monitor: Monitor
  readonly judgements: Judgement[]
  /** What its sink has got. */
  readonly delivered: Alert[]
  readonly place: string
  readonly terms: WatchTerms
  readonly repository: RegistryRepository
  now(): Date
  advance(ms: number): void
  /** A monitor of the same parts. */
  open(options?: Partial<MonitorOptions>): Monitor
  push(name: string, tag?: string): Promise<GeneratedImage>
  /** Attaches a decision for a tag. */
  decide(image: GeneratedImage, tag?: string, resource?: string): Promise<void>
  /** Notes a promotion that has just ended, of so many milliseconds. */
  note(digest: Digest, tag?: string, tookMs?: number): Promise<void>
  /** All of it, as the gate does it. */
  promote(name: string, tag?: string): Promise<GeneratedImage>
  event(event: Partial<RegistryEvent>): RegistryEvent
  /** Judges all, with the time for waiting over. */
  settle(): Promise<readonly Alert[]>
}

/** Opens a test. */
export async function openMonitorTest({
  quirks,
  ...options
}: Partial<MonitorOptions> & {
  readonly statePath?: string
  readonly quirks?: Partial<RegistryQuirks>
} = {}): Promise<MonitorTest> {
  const registry = await startRegistry({ quirks })
  const client = createRegistryClient({ settleMs: 0, retry: { attempts: 1 } })
  const journal = sqliteJournal(':memory:')
  const state = options.state ?? sqliteMonitorState(options.statePath ?? ':memory:')
  const judgements: Judgement[] = []
  const delivered: Alert[] = []
  let time = startTime
  let counter = 0
  const clock = { now: () => new Date(time) }
  const place = `${registry.host}/prod/app`
  const repositoryOf = (host: string, path: string): RegistryRepository =>
    client.repository({ registry: host, repository: path })
  const repository = repositoryOf(registry.host, 'prod/app')
  const terms: WatchTerms = {
    repositories: [place],
    tier: 'prod',
    verifiers: [{ id: verifierId, by: { keys: [keys.release.publicKey] } }],
    signers: { keys: [keys.evidence.publicKey] },
  }
  const open = (more: Partial<MonitorOptions> = {}): Monitor =>
    createMonitor({
      watch: [terms],
      journal,
      open: repositoryOf,
      gateActors: { [registry.host]: [{ name: 'robot$gate' }] },
      state,
      sinks: [{ name: 'list', send: async (alert) => void delivered.push(alert) }],
      onJudgement: (judgement) => judgements.push(judgement),
      clock,
      ...options,
      ...more,
    })
  const monitor = open()
  const test: MonitorTest = {
    registry,
    client,
    journal,
    state,
    monitor,
    judgements,
    delivered,
    place,
    terms,
    repository,
    now: clock.now,
    advance: (ms) => void (time += ms),
    open,
    async push(name, tag) {
      const image = createImage({ layers: [{ files: { '/app': name } }] })
      if (tag === undefined) await pushImage(repository, image)
      else await pushImage(repository, image, tag)
      return image
    },
    async decide(image, tag = '1', resource = place) {
      const predicate = predicateKinds.vsa.build({
        verifier: { id: verifierId },
        timeVerified: clock.now(),
        resourceUri: decisionResource(resource),
        policy: { uri: 'gate.yaml', digest: digestOf('policy') },
        result: 'PASSED',
        verifiedLevels: [decisionLevel('prod')],
        extensions: { 'https://sallyport.dev/decision': { destination: `${resource}:${tag}` } },
      })
      const { digest } = image.raw.descriptor
      const statement = createStatement([{ name: resource, digest }], predicateTypes.vsa, predicate)
      await attachAttestation(repository, image.raw.descriptor, statement, signers.release, {
        mode: 'bundle',
        settleMs: 0,
      })
    },
    async note(digest, tag = '1', tookMs = 1000) {
      const key = digestOf(`${digest} ${tag} ${counter++}`)
      const destination = `${place}:${tag}`
      await journal.begin({
        key,
        source: 'build.example/app:1',
        sourceDigest: digest,
        destination,
        tier: 'prod',
        policyDigest: digestOf('policy'),
        startedAt: new Date(time - tookMs).toISOString(),
      })
      const finishedAt = clock.now().toISOString()
      await journal.finish(key, { finishedAt, verdict: 'pass', targetDigest: digest })
    },
    async promote(name, tag = '1') {
      const image = await test.push(name, tag)
      await test.decide(image, tag)
      await test.note(image.raw.descriptor.digest, tag)
      return image
    },
    event: (event) => ({
      id: `event ${counter++}`,
      source: 'distribution',
      time: clock.now().toISOString(),
      action: 'push',
      actor: actors.gate,
      registry: registry.host,
      repository: 'prod/app',
      ...event,
    }),
    async settle() {
      const { raised } = await monitor.step()
      const all = [...raised]
      for (let turns = 0; turns < 20; turns++) {
        time += 10_000
        all.push(...(await monitor.step()).raised)
      }
      return all
    },
    async [Symbol.asyncDispose]() {
      await state[Symbol.asyncDispose]()
      await journal[Symbol.asyncDispose]()
      await client.close()
      await registry.close()
    },
  }
  return test
}

/** What a tag of it leads to. */
export function digestOfImage({ raw }: Pick<GeneratedImage, 'raw'>): Digest {
  return raw.descriptor.digest
}

/** A manifest as JSON, as it is pushed. */
export function rawManifest(value: {
  readonly mediaType: string
  readonly [field: string]: unknown
}): RawManifest {
  const bytes = Buffer.from(JSON.stringify(value))
  const { mediaType } = value
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes }
}
