import { join } from 'node:path'
import { type Journal, sqliteJournal } from '@sallyport/gate'
import {
  type Alert,
  createMonitor,
  type Monitor,
  type MonitorState,
  sqliteMonitorState,
} from '@sallyport/monitor'
import {
  bearerToken,
  createReceiver,
  distributionAccessLog,
  distributionNotifications,
  parseLogLines,
} from '@sallyport/monitor/sources'
import type { RegistryEvent } from '@sallyport/monitor'
import { type GateKeys, generateGateKeys } from '@sallyport/test-chaos'
import { createGateHand, type GateHand, tier, verifierId } from './gate-hand.ts'
import type { ToldEvent } from './notification-collector.ts'
import { openTimeline, type Timeline } from './timeline.ts'
import {
  startSilentRegistry,
  startTellingRegistry,
  type TellingOptions,
  token,
  type WatchedRegistry,
} from './watched-registry.ts'

/** A monitor of a real registry, beside the journal of a gate. */
export interface Monitored extends AsyncDisposable {
  readonly timeline: Timeline
  readonly registry: WatchedRegistry
  readonly journal: Journal
  readonly keys: GateKeys
  readonly gate: GateHand
  readonly state: MonitorState
  monitor: Monitor
  /** Another monitor of the same state, as after a restart. */
  restart(): void
  /** Hands what the registry told to the monitor, as it came. */
  deliver(): Promise<void>
  /** Posts entries of notifications to the monitor's receiver. */
  post(entries: readonly ToldEvent[]): Promise<void>
  readLines(lines: readonly string[]): Promise<readonly RegistryEvent[]>
  /** Judges everything, with the time for waiting over. */
  settle(): Promise<void>
  /** Alerts that the monitor knows, the oldest first. */
  alerts(): Promise<readonly Alert[]>
  /** Alerts as they went out, those that are over left out. */
  readonly raised: Alert[]
}

/** Options of {@link openMonitored}. */
export interface MonitoredOptions {
  /** `docker-registry` tells what happens, `olareg` does not. */
  readonly registry: 'docker-registry' | 'olareg'
  /** Repositories to compare; all under `prod/` are watched. Default `prod/app`. */
  readonly repositories?: readonly string[] | undefined
  /** How docker-registry tells. Default: each third delivery is answered 500. */
  readonly telling?: Partial<TellingOptions> | undefined
}

/** Starts all of it. */
export async function openMonitored({
  registry: name,
  repositories = ['prod/app'],
  telling,
}: MonitoredOptions): Promise<Monitored> {
  const timeline = openTimeline(new Date('2026-11-26T12:00:00.000Z'))
  let deliveries = 0
  const registry =
    name === 'olareg'
      ? await startSilentRegistry()
      : await startTellingRegistry(timeline, { refuses: () => deliveries++ % 3 === 0, ...telling })
  const { host } = registry
  const keys = generateGateKeys()
  const journal = sqliteJournal(join(registry.directory, 'gate.db'))
  const state = sqliteMonitorState(join(registry.directory, 'monitor.db'))
  const raised: Alert[] = []
  const open = (): Monitor =>
    createMonitor({
      watch: [
        {
          repositories: [`${host}/prod/*`],
          tier,
          verifiers: [{ id: verifierId, by: { keys: [keys.release.publicKey] } }],
          signers: { keys: [keys.evidence.publicKey] },
        },
      ],
      journal,
      open: (_registry, repository) => registry.repository('monitor', repository),
      gateActors: { [host]: [{ name: 'gate', kind: 'user' }] },
      state,
      async *listPlaces() {
        for (const repository of repositories) yield { registry: host, repository }
      },
      clock: timeline,
      onAlert: (alert) => {
        if (alert.resolves === undefined) raised.push(alert)
      },
    })
  const lineFormat = distributionAccessLog({ registry: host })
  const receiver = createReceiver({
    formats: { '/hook': distributionNotifications({ registry: host, sender: bearerToken(token.slice(7)) }) },
    onEvents: (events) => monitored.monitor.ingest(events),
    clock: timeline,
  })
  const monitored: Monitored = {
    timeline,
    registry,
    journal,
    keys,
    gate: createGateHand({ journal, timeline, keys }),
    state,
    raised,
    monitor: open(),
    restart: () => void (monitored.monitor = open()),
    async post(events) {
      const answer = await receiver.fetch(
        new Request('http://localhost/hook', {
          method: 'POST',
          headers: {
            authorization: token,
            'content-type': 'application/vnd.docker.distribution.events.v1+json',
          },
          body: JSON.stringify({ events }),
        }),
      )
      if (answer.status !== 202) throw new Error(`the receiver answered ${answer.status}`)
    },
    readLines: (lines) => Array.fromAsync(parseLogLines(lineFormat, lines, { clock: timeline })),
    async deliver() {
      const { entries, lines } = await registry.told()
      await monitored.post(entries.map(({ entry }) => entry))
      await monitored.monitor.ingest(await monitored.readLines(lines.map(({ line }) => line)))
    },
    async settle() {
      await monitored.monitor.step()
      for (let turns = 0; turns < 15; turns++) {
        timeline.advance(10_000)
        await monitored.monitor.step()
      }
    },
    alerts: async () => (await state.alerts({ limit: 1000 })).toReversed(),
    async [Symbol.asyncDispose]() {
      await state[Symbol.asyncDispose]()
      await journal[Symbol.asyncDispose]()
      await registry[Symbol.asyncDispose]()
    },
  }
  return monitored
}
