import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { buildAdvisoryDatabase } from '@sallyport/scan/database'
import { readRecords, writeTrivyDatabase } from '@sallyport/test-accuracy'
import { type RunningRegistry, startDockerRegistry, toolPath } from '@sallyport/test-tools'
import { type BenchRow, median, type Target, toRow } from './bench-row.ts'
import { startCountingRelay } from './counting-relay.ts'
import { pushApp, pushSharedLayers, type SharedLayers, sharedLayers } from './gate-images.ts'
import { type CommandCost, measureCommand } from './measure-command.ts'
import { updatedAt } from './scan-peers.ts'

const rounds = 3
/** Header fields of the requests of a promotion, in bytes. */
const overhead = 50_000
/** How many images the batch has; `SALLYPORT_BENCH_IMAGES` makes it fewer on a machine that has little time. */
const many = readCount(process.env['SALLYPORT_BENCH_IMAGES'], 1_000)
/** How many of them the script promotes: each takes it as long as the last, so the rest is multiplied. */
const sampled = Math.min(10, many)
/** Of so many it is counted what goes over the wire. */
const counted = Math.min(20, many)
const scriptName = 'crane, Trivy and cosign in a script'
const script = fileURLToPath(new URL('gate-peer.sh', import.meta.url))
const ours = fileURLToPath(new URL('gate-ours.mjs', import.meta.url))

interface Stage {
  readonly directory: string
  readonly source: string
  readonly target: string
  readonly database: string
}

/** Promotions between docker-registries, with everything that belongs to one, beside a script of the usual tools. */
export async function benchGate(): Promise<readonly BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  try {
    await using source = await startDockerRegistry({ directory: join(directory, 'source') })
    await using target = await startDockerRegistry({ directory: join(directory, 'target') })
    const database = join(directory, 'advisories.db')
    await buildAdvisoryDatabase({
      inputs: [
        { kind: 'records', name: 'records', records: readRecords(), updatedAt: new Date().toISOString() },
      ],
      output: database,
      clock: { now: () => new Date() },
    })
    const tags = Array.from({ length: many }, (_, index) => `app-${index}`)
    const shared = sharedLayers()
    await pushAll(source.host, shared, tags)
    const stage = { directory, source: source.host, target: target.host, database }
    const peer = await openScript(stage)

    const processes: CommandCost[] = []
    const programs: number[] = []
    const scripts: (CommandCost | null)[] = []
    for (let round = 0; round < rounds; round++) {
      const [tag] = tags
      processes.push(await promoteOurs(stage, { target: `ours-${round}`, tags: [tag!] }))
      programs.push(
        await promoteOurs(stage, { target: `again-${round}`, tags: [tag!], rounds: 2 }).then(lastOf),
      )
      scripts.push(await peer(tag!, `script-${round}`))
      process.stderr.write('.')
    }
    const all = await promoteOurs(stage, { target: 'many', tags })
    const samples: (CommandCost | null)[] = []
    for (const tag of tags.slice(0, sampled)) samples.push(await peer(tag, 'script-many'))
    const moved = await countTraffic(stage, source, tags.slice(0, counted))

    const peers = (costs: readonly (CommandCost | null)[], of = wallOf) => ({
      [scriptName]: medianOf(costs, of),
    })
    // Each byte once, evidence included, and what HTTP adds to it.
    const fetched = shared.layers.reduce((sum, { size }) => sum + size, 0) * 1.02 + counted * overhead
    const row = (title: string, metric: string, our: number | null, target: Target, others = {}) =>
      toRow({ case: title, metric }, our ?? Number.NaN, others, target)
    const least: Target = { type: 'ratio', most: 0.4 }
    const [whole, wholeCpu] = [medianOf(samples), medianOf(samples, cpuOf)]
    return [
      row('100 MB in 5 layers', 'seconds of the process', medianOf(processes), least, peers(scripts)),
      row(
        '100 MB in 5 layers',
        'CPU seconds of the process',
        medianOf(processes, cpuOf),
        { type: 'none' },
        peers(scripts, cpuOf),
      ),
      row('100 MB in 5 layers', 'seconds in a program that runs on', median(programs), least, peers(scripts)),
      row('100 MB in 5 layers', 'promotions per minute of such a program', perMinute(programs), {
        type: 'none',
      }),
      row(
        `${many} images of shared layers`,
        `seconds; the script's by ${sampled} of them`,
        Number(all.wallSeconds.toFixed(1)),
        least,
        { [scriptName]: whole === null ? null : Number((whole * many).toFixed(1)) },
      ),
      row(
        `${many} images of shared layers`,
        `CPU seconds; the script's by ${sampled} of them`,
        Number(all.cpuSeconds.toFixed(1)),
        { type: 'none' },
        { [scriptName]: wholeCpu === null ? null : Number((wholeCpu * many).toFixed(1)) },
      ),
      row(`${many} images of shared layers`, 'peak MiB of the process', Math.round(all.peakMiB), {
        type: 'none',
      }),
      row(`${counted} images of shared layers`, 'MiB from the source', toMiB(moved.received), {
        type: 'figure',
        most: toMiB(fetched),
      }),
      row(`${counted} images of shared layers`, 'MiB to the target', toMiB(moved.sent), {
        type: 'figure',
        most: toMiB(moved.stored * 1.02 + counted * overhead),
      }),
      row(`${counted} images of shared layers`, 'requests each, to the source', moved.asked.source, {
        type: 'none',
      }),
      row(`${counted} images of shared layers`, 'requests each, to the target', moved.asked.target, {
        type: 'none',
      }),
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function pushAll(host: string, shared: SharedLayers, tags: readonly string[]): Promise<void> {
  await using client = createRegistryClient()
  const repository = client.repository(parseReference(`${host}/build/app`))
  await pushSharedLayers(repository, shared)
  for (const tag of tags) await pushApp(repository, shared, tag)
}

interface OurTask {
  readonly target: string
  readonly tags: readonly string[]
  readonly rounds?: number
}

async function promoteOurs({ directory, source, target, database }: Stage, task: OurTask) {
  const work = await mkdtemp(join(directory, 'work-'))
  const options = {
    ...task,
    source: `${source}/build/app`,
    target: `${target}/prod/${task.target}`,
    database,
    work,
    concurrency: 4,
  }
  try {
    return await measureCommand(process.execPath, [ours, JSON.stringify(options)])
  } finally {
    await rm(work, { recursive: true, force: true })
  }
}

/** What goes over the wire for a batch, in bytes, and requests for each image; not timed. */
async function countTraffic(stage: Stage, source: RunningRegistry, tags: readonly string[]) {
  const directory = join(stage.directory, 'counted')
  // Of its own, so that nothing is there before.
  await using target = await startDockerRegistry({ directory })
  await using from = await startCountingRelay(source.host)
  await using to = await startCountingRelay(target.host)
  const earlier = (await source.requests()).length
  await promoteOurs({ ...stage, source: from.host, target: to.host }, { target: 'counted', tags })
  const each = (requests: number) => Number((requests / tags.length).toFixed(1))
  return {
    received: from.received(),
    sent: to.sent(),
    stored: await bytesBelow(join(directory, 'store', 'docker', 'registry', 'v2', 'blobs')),
    asked: {
      source: each((await source.requests()).length - earlier),
      target: each((await target.requests()).length),
    },
  }
}

async function bytesBelow(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** The script; resolves with its seconds, or `null` where one of its tools is not installed. */
async function openScript({ directory, source, target }: Stage) {
  const [crane, trivy, cosign] = ['crane', 'trivy', 'cosign'].map(toolPath)
  if (!crane || !trivy || !cosign) return async () => null
  const keys = join(directory, 'keys')
  const cache = join(directory, 'trivy')
  await mkdir(keys)
  await writeTrivyDatabase(readRecords(), cache, { updatedAt })
  const env = {
    ...process.env,
    HOME: directory,
    CRANE: crane,
    TRIVY: trivy,
    COSIGN: cosign,
    TRIVY_CACHE: cache,
    KEYS: keys,
    WORK: join(directory, 'script'),
    COSIGN_PASSWORD: 'correct horse',
  }
  await measureCommand(cosign, ['generate-key-pair', '--output-key-prefix', join(keys, 'cosign')], { env })
  return async (tag: string, name: string): Promise<CommandCost> =>
    measureCommand(script, [`${source}/build/app:${tag}`, `${target}/prod/${name}`, tag], { env })
}

const toMiB = (bytes: number) => Number((bytes / 2 ** 20).toFixed(1))
const wallOf = ({ wallSeconds }: CommandCost) => wallSeconds
const cpuOf = ({ cpuSeconds }: CommandCost) => cpuSeconds
const lastOf = ({ stdout }: { readonly stdout: string }) =>
  (JSON.parse(stdout) as { readonly seconds: number }).seconds
const perMinute = (seconds: readonly number[]) => Number((60 / (median(seconds) ?? Number.NaN)).toFixed(1))
const medianOf = (costs: readonly (CommandCost | null)[], of: (cost: CommandCost) => number = wallOf) =>
  median(costs.filter((cost) => cost !== null).map(of)) ?? null

function readCount(text: string | undefined, otherwise: number): number {
  if (!text) return otherwise
  const count = Number(text)
  if (Number.isSafeInteger(count) && count > 0) return count
  throw new RangeError(`SALLYPORT_BENCH_IMAGES is a whole number above 0, not ${text}`)
}
