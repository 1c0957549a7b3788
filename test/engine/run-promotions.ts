import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import {
  sqliteQuarantine,
  type Page,
  type PromotionRecord,
  promote,
  type ReleaseRecord,
  sqliteJournal,
} from '@sallyport/gate'
import type { PromotionResult } from '@sallyport/gate/dbos'
import { postgresJournal } from '@sallyport/gate/postgres'
import { createRegistryClient, parseReference, type RegistryClient } from '@sallyport/oci'
import {
  generateGateKeys,
  type GateKeys,
  readTargetState,
  seededRandom,
  smallGate,
  smallImage,
  type TargetState,
} from '@sallyport/test-chaos'
import { type RunningRegistry, startDockerRegistry, startOlareg, startPostgres } from '@sallyport/test-tools'
import { pushImage, startRegistry } from '@sallyport/testkit'
import { openEngine, requestFor, type Site } from './promotions.ts'
import { startWorkers } from './worker-pool.ts'

/** How big a run is. */
export interface RunOptions {
  readonly directory: string
  readonly promotions: number
  readonly workers: number
  readonly seed: number
  /** Longest pause between two kills, in milliseconds; `undefined` kills nobody. */
  readonly killEveryMs?: number | undefined
  readonly onStage?: ((message: string) => void) | undefined
}

/** What became of one promotion, as everybody tells it. */
export interface PromotionReport {
  readonly number: number
  readonly result: PromotionResult
  readonly state: TargetState | undefined
  readonly records: readonly ReleaseRecord[]
  readonly tagWrites: number
}

/** What a run came to. */
export interface RunReport {
  readonly seconds: number
  readonly kills: number
  /** How often workers began or went on with a promotion, all together. */
  readonly starts: number
  readonly promotions: readonly PromotionReport[]
  /** Records of promotions in the journal. */
  readonly journaled: readonly { readonly destination: string; readonly verdict?: string | undefined }[]
  /** Promotions that were made again undisturbed, by `promote`, elsewhere. */
  readonly undisturbed: readonly { readonly number: number; readonly state: TargetState | undefined }[]
}

/**
 * Sets everything up from nothing: PostgreSQL, a source, two targets, worker processes; promotes, kills workers
 * meanwhile, and reads back what came of it.
 */
export async function runPromotions(options: RunOptions): Promise<RunReport> {
  const {
    directory,
    promotions,
    seed,
    workers: workerCount,
    killEveryMs,
    onStage = () => undefined,
  } = options
  const random = seededRandom(seed)
  // PostgreSQL runs as a user of its own.
  await chmod(directory, 0o711)
  await using postgres = await startPostgres({ directory: join(directory, 'postgres') })
  onStage('PostgreSQL runs on a free port of the loopback, in a folder of its own')
  await using source = await startRegistry()
  await using olareg = await startOlareg({ directory: join(directory, 'olareg') })
  await using docker = await startDockerRegistry({ directory: join(directory, 'docker-registry') })
  await using client = createRegistryClient()
  for (let number = 0; number < promotions; number++) {
    const repository = client.repository(parseReference(`${source.host}/build/app-${number}`))
    await pushImage(repository, smallImage(`app-${number}`), '1')
  }
  onStage(`${promotions} images are in the source; the targets are olareg and docker-registry`)

  const site: Site = {
    databaseUrl: postgres.url,
    keys: generateGateKeys(),
    directory: join(directory, 'work'),
  }
  await mkdir(site.directory, { recursive: true })
  const started = performance.now()
  await using opened = await openEngine({ ...site, work: false })
  await using workers = startWorkers(workerCount, site)
  const targetOf = (number: number): RunningRegistry => (number % 2 === 0 ? olareg : docker)
  const requests = Array.from({ length: promotions }, (_, number) =>
    requestFor(number, source.host, targetOf(number).host),
  )
  const handles = []
  // Twice: whoever does not know whether a request arrived sends it again.
  for (const request of requests) {
    handles.push(await opened.engine.enqueue(request))
    await opened.engine.enqueue(request)
  }
  await workers.ready()
  onStage(`${promotions} promotions are enqueued; ${workerCount} worker processes are at work`)

  const done = new AbortController()
  const killing = (async () => {
    if (killEveryMs === undefined) return
    while (!done.signal.aborted) {
      // However slow the machine is, there is work between the kills.
      await workers.ready()
      await delay(random.below(killEveryMs), undefined, { signal: done.signal }).catch(() => undefined)
      if (!done.signal.aborted) await workers.killOne(random)
    }
  })()
  const results: PromotionResult[] = []
  try {
    for (const handle of handles) results.push(await handle.result({ pollMs: 200 }))
  } finally {
    done.abort()
    await killing
  }
  const seconds = Math.round((performance.now() - started) / 100) / 10
  onStage(`all have ended after ${seconds} s; ${workers.kills} workers were killed meanwhile`)

  await using journal = await postgresJournal({ connectionString: site.databaseUrl })
  const states = await inParallel(8, requests, ({ to }) => readTargetState(client, to, site.keys))
  const records = await inParallel(8, requests, ({ to }) =>
    journal.listRecords({ destination: to, limit: 10 }),
  )
  const jobs = await inParallel(8, handles, (handle) => handle.status())
  const journaled: PromotionRecord[] = []
  for (let cursor: string | undefined; ;) {
    const page: Page<PromotionRecord> = await journal.list({
      limit: 200,
      ...(cursor !== undefined && { cursor }),
    })
    journaled.push(...page.items)
    if (page.next === undefined) break
    cursor = page.next
  }
  const undisturbed = await promoteElsewhere(
    client,
    requests.slice(0, 6),
    site.keys,
    join(directory, 'undisturbed'),
  )
  onStage('everything was read back from the targets and from the journal')

  await Promise.all([olareg.stop(), docker.stop()])
  const logs = new Map([olareg, docker].map((registry) => [registry, registry.requests()]))
  const reports = await inParallel(1, results, async (result, number): Promise<PromotionReport> => {
    const path = `/v2/prod/app-${number}/manifests/1`
    const writes = (await logs.get(targetOf(number))!).filter(
      ({ method, url, status }) => method === 'PUT' && status < 300 && url === path,
    )
    return {
      number,
      result,
      state: states[number],
      records: records[number]!.items,
      tagWrites: writes.length,
    }
  })
  return {
    seconds,
    kills: workers.kills,
    starts: jobs.reduce((sum, { starts }) => sum + starts, 0),
    promotions: reports,
    journaled,
    undisturbed,
  }
}

/** The same promotions with `promote`, one after the other, to another registry. */
async function promoteElsewhere(
  client: RegistryClient,
  requests: readonly ReturnType<typeof requestFor>[],
  keys: GateKeys,
  directory: string,
) {
  await mkdir(directory, { recursive: true })
  await using registry = await startRegistry()
  await using journal = sqliteJournal(':memory:')
  const found = []
  for (const [number, request] of requests.entries()) {
    const to = `${registry.host}/${request.to.slice(request.to.indexOf('/') + 1)}`
    await promote({
      ...smallGate(keys),
      ...request,
      to,
      journal,
      quarantine: sqliteQuarantine(':memory:'),
      repository: (reference) => client.repository(reference),
      workDirectory: directory,
      settleMs: 0,
    })
    found.push({ number, state: await readTargetState(client, to, keys) })
  }
  return found
}

async function inParallel<T, R>(
  width: number,
  items: readonly T[],
  work: (item: T, position: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = Array.from({ length: items.length })
  const positions = items.keys()
  const lane = async (): Promise<void> => {
    for (const position of positions) results[position] = await work(items[position]!, position)
  }
  await Promise.all(Array.from({ length: width }, lane))
  return results
}
