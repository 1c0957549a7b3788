import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { createRegistryClient, type RegistryRepository } from '@sallyport/oci'
import { requireTool, type RunningRegistry, startDockerRegistry, startOlareg } from '@sallyport/test-tools'
import { createImage, pushImage } from '@sallyport/testkit'
import { startNotificationCollector, type ToldEvent } from './notification-collector.ts'
import type { Timeline } from './timeline.ts'

/** Who pushes: the gate, a person who may push as well, the monitor that only reads. */
export type User = 'gate' | 'intruder' | 'monitor'
const users = ['gate', 'intruder', 'monitor'] as const
export const token = 'Bearer a token that the registry and the monitor share'

/** What a registry has told since it was last asked. */
export interface Told {
  /** Entries of notifications, on the timeline. */
  readonly entries: readonly { readonly mark: number; readonly entry: ToldEvent }[]
  /** Lines of the access log, on the timeline. */
  readonly lines: readonly { readonly mark: number; readonly line: string }[]
}

/** A real registry with users, and all that it tells. */
export interface WatchedRegistry extends AsyncDisposable {
  readonly host: string
  readonly directory: string
  repository(user: User, name: string): RegistryRepository
  /** Runs crane as a user. */
  crane(user: User, ...parameters: string[]): Promise<void>
  /** Begins something that is told of. */
  mark(): Promise<number>
  /** All that was told, for a registry that tells nothing nothing. */
  told(): Promise<Told>
  /** Deliveries that were answered 500. */
  readonly refused: () => number
}

const barrier = 'suite/barrier'

/** What {@link startTellingRegistry} is asked for. */
export interface TellingOptions {
  /** Of each delivery: whether it is answered 500. */
  readonly refuses: () => boolean
  /** Actions that it does not tell of. Default: none. */
  readonly ignoredActions?: readonly string[] | undefined
}

/** Starts docker-registry with users, notifications, and its access log. */
export async function startTellingRegistry(
  timeline: Timeline,
  { refuses, ignoredActions }: TellingOptions,
): Promise<WatchedRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-monitor-'))
  const collector = await startNotificationCollector(token, refuses)
  const htpasswd = users.map((username) => ({ username, password: `password of ${username}` }))
  const registry = await startDockerRegistry({
    directory: join(directory, 'registry'),
    htpasswd,
    notifications: { url: collector.url, authorization: token, ignoredActions },
  })
  const shared = shareRegistry(registry, directory, true)
  const gate = shared.repository('gate', barrier)
  const image = createImage()
  await pushImage(gate, image)
  let barriers = 0
  let read = 0
  let mark = 0
  let lastMark = 0
  const toLog = async (name: string): Promise<void> => {
    await gate.headManifest(name)
  }

  const readLines = async (last: string): Promise<readonly string[]> => {
    for (let tries = 0; tries < 500; tries++) {
      const log = await readFile(registry.logPath, 'utf8')
      const end = log.indexOf(`/manifests/${last} `, read)
      if (end >= 0) {
        const stop = log.indexOf('\n', end) + 1
        const lines = log.slice(read, stop).split('\n')
        read = stop
        return lines
      }
      await delay(10)
    }
    throw new Error(`the log has no ${last}`)
  }

  return {
    ...shared,
    refused: () => collector.refused,
    async mark() {
      mark = await timeline.mark()
      await toLog(`mark-${mark}`)
      return mark
    },
    async told() {
      const name = `barrier-${barriers++}`
      await gate.putManifest(image.raw, { tag: name })
      const entries = await collector.take(
        ({ action, target }) => action === 'push' && target.repository === barrier && target.tag === name,
      )
      await toLog(name)
      const lines = toTimeline(await readLines(name), { timeline, mark: lastMark })
      lastMark = mark
      return {
        entries: entries.map((entry) => {
          const { time, mark } = timeline.fromMachine(new Date(entry.timestamp))
          return { mark, entry: { ...entry, timestamp: time.toISOString() } }
        }),
        lines,
      }
    },
    async [Symbol.asyncDispose]() {
      await shared[Symbol.asyncDispose]()
      await collector[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
}

/** Starts olareg, which tells nothing. */
export async function startSilentRegistry(): Promise<WatchedRegistry> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-monitor-'))
  const registry = await startOlareg({ directory: join(directory, 'registry') })
  const shared = shareRegistry(registry, directory, false)
  return {
    ...shared,
    refused: () => 0,
    mark: () => Promise.resolve(0),
    told: () => Promise.resolve({ entries: [], lines: [] }),
    async [Symbol.asyncDispose]() {
      await shared[Symbol.asyncDispose]()
      await rm(directory, { recursive: true })
    },
  }
}

function shareRegistry(registry: RunningRegistry, directory: string, signsIn: boolean) {
  const clients = new Map(
    users.map((username) => {
      const credentials = {
        find: () =>
          Promise.resolve({ type: 'password', username, password: `password of ${username}` } as const),
      }
      return [username, createRegistryClient({ settleMs: 0, ...(signsIn && { credentials }) })]
    }),
  )
  return {
    host: registry.host,
    directory,
    repository: (user: User, name: string) =>
      clients.get(user)!.repository({ registry: registry.host, repository: name }),
    async crane(user: User, ...parameters: string[]): Promise<void> {
      const folder = join(directory, user)
      await mkdir(folder, { recursive: true })
      const auth = Buffer.from(`${user}:password of ${user}`).toString('base64')
      const config = { auths: signsIn ? { [registry.host]: { auth } } : {} }
      await writeFile(join(folder, 'config.json'), JSON.stringify(config), { mode: 0o600 })
      const child = spawn(requireTool('crane'), parameters, {
        env: { ...process.env, DOCKER_CONFIG: folder },
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let complaint = ''
      child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()))
      const [code] = (await once(child, 'close')) as [number | null]
      if (code !== 0) throw new Error(`crane ${parameters.join(' ')}: ${complaint}`)
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients.values()) await client.close()
      await registry.stop()
    },
  }
}

/** Each line, of which the first ones belong to a mark, with the time of what it belongs to: seconds, as the log has them. */
function toTimeline(
  lines: readonly string[],
  { timeline, mark: first }: { readonly timeline: Timeline; readonly mark: number },
): Told['lines'] {
  let mark = first
  return lines.flatMap((line) => {
    const next = /\/manifests\/mark-(\d+) /.exec(line)?.[1]
    if (next !== undefined) mark = Number(next)
    const parts = /^(\S+ \S+ \S+ )\[[^\]]+\]( "(?:GET|HEAD|PUT|POST|PATCH|DELETE) .*)$/.exec(line)
    return parts && next === undefined
      ? [{ mark, line: `${parts[1]}[${logTime(timeline.startOf(mark))}]${parts[2]}` }]
      : []
  })
}

function logTime(time: Date): string {
  const [, day, month, year] = /^\w+, (\d+) (\w+) (\d+)/.exec(time.toUTCString())!
  return `${day}/${month}/${year}:${time.toISOString().slice(11, 19)} +0000`
}
