import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createRegistryClient } from '@sallyport/oci'
import { type RunningRegistry, startDockerRegistry } from '@sallyport/test-tools'
import { type BenchRow, median, type Target, toRow } from './bench-row.ts'
import { type CopyContender, type ImagePlace, ourCopy, peerCopies } from './copy-contenders.ts'
import { killCommand, measureCommand } from './measure-command.ts'
import { type ImageShape, pushRandomImage } from './random-image.ts'

const mebibyte = 1024 * 1024
const shapes: Readonly<Record<string, ImageShape>> = {
  '8 × 32 MiB': { layers: 8, layerBytes: 32 * mebibyte },
  '200 × 64 KiB': { layers: 200, layerBytes: 64 * 1024 },
}
const huge: ImageShape = { layers: 1, layerBytes: 4096 * mebibyte }
const rounds = 3
/** What a process may hold at most, whatever the size of a layer. */
const maxPeakMiB = 120

const scenarios = ['new', 'same registry', 'unchanged', 'resumed after a cut'] as const
type Scenario = (typeof scenarios)[number]

/** What one run cost, and what the registries say that they were asked. */
interface CopyCost {
  /** The copy alone: for ours the call, for the others, which are programs, their process. */
  readonly seconds: number
  /** The same call in a program that made it before. */
  readonly againSeconds: number
  readonly processSeconds: number
  readonly cpuSeconds: number
  readonly peakMiB: number
  readonly sourceRequests: number
  readonly targetRequests: number
}

interface Stage {
  readonly directory: string
  readonly source: RunningRegistry
}

/** Copies between docker-registries beside crane, regctl, oras and skopeo, each in a process of its own. */
export async function benchCopy(): Promise<readonly BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  try {
    await using source = await startDockerRegistry({ directory: join(directory, 'source') })
    const stage = { directory, source }
    const rows: BenchRow[] = []
    for (const [title, shape] of Object.entries(shapes)) {
      await push(source, shape)
      for (const scenario of scenarios) {
        process.stderr.write(`${title}, ${scenario} `)
        rows.push(...(await compareCopies(stage, title, shape, scenario)))
      }
    }
    await push(source, huge)
    const { peakMiB } = await runCopy(stage, ourCopy, 'new', huge)
    const names = { case: 'one layer of 4 GiB, new', metric: 'peak MiB' }
    rows.push(toRow(names, Math.round(peakMiB), {}, { type: 'figure', most: maxPeakMiB }))
    return rows
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function push({ host: registry }: RunningRegistry, shape: ImageShape): Promise<void> {
  await using client = createRegistryClient()
  await pushRandomImage(client.repository({ registry, repository: 'bench/image' }), shape)
}

/** Ours and the peers in turn, each on a target of its own, so that nobody profits from another's work. */
async function compareCopies(
  stage: Stage,
  title: string,
  shape: ImageShape,
  scenario: Scenario,
): Promise<readonly BenchRow[]> {
  const peers = peerCopies()
  const contenders: [string, CopyContender | undefined][] = [['ours', ourCopy], ...Object.entries(peers)]
  const costs = new Map<string, CopyCost[]>(contenders.map(([name]) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (const [name, contender] of contenders) {
      if (contender === undefined) continue
      costs.get(name)?.push(await runCopy(stage, contender, scenario, shape))
      process.stderr.write('.')
    }
  }
  process.stderr.write('\n')
  const middle = (name: string, figure: keyof CopyCost): number | null =>
    median((costs.get(name) ?? []).map((cost) => cost[figure]))
  const row = (figure: keyof CopyCost, metric: string, target: Target): BenchRow =>
    toRow(
      { case: `${title}, ${scenario}`, metric },
      middle('ours', figure) ?? Number.NaN,
      Object.fromEntries(Object.keys(peers).map((name) => [name, middle(name, figure)])),
      target,
    )
  const { source, target } = requestBudget(shape, scenario)
  const most: (value: number | undefined) => Target = (value) =>
    value === undefined ? { type: 'none' } : { type: 'figure', most: value }
  const wall: Target = { type: 'ratio', most: scenario === 'unchanged' ? 0.5 : 1 }
  return [
    row('seconds', 'seconds of the first copy of a program', wall),
    ...(scenario === 'unchanged' ? [row('againSeconds', 'seconds of a later copy of a program', wall)] : []),
    row('processSeconds', 'seconds of the process', { type: 'none' }),
    row('cpuSeconds', 'CPU seconds of the process', { type: 'none' }),
    row('peakMiB', 'peak MiB of the process', most(maxPeakMiB)),
    row('sourceRequests', 'requests at the source', most(source)),
    row('targetRequests', 'requests at the target', most(target)),
  ]
}

/** Requests of the copy of one image. Where both places are in one registry, all of them count as the target's. */
function requestBudget(
  { layers }: ImageShape,
  scenario: Scenario,
): { readonly source?: number; readonly target?: number } {
  const blobs = layers + 1
  switch (scenario) {
    case 'new':
      return { source: 1 + blobs, target: 1 + 3 * blobs + 1 }
    case 'same registry':
      // The manifest's HEAD, GET and PUT, and a mount for each blob.
      return { target: 3 + blobs }
    case 'unchanged':
      return { source: 1, target: 1 }
    case 'resumed after a cut':
      return {}
  }
}

async function runCopy(
  { directory, source }: Stage,
  contender: CopyContender,
  scenario: Scenario,
  { layers }: ImageShape,
): Promise<CopyCost> {
  const folder = await mkdtemp(join(directory, 'target-'))
  const other = scenario === 'same registry' ? undefined : await startDockerRegistry({ directory: folder })
  try {
    const target = other ?? source
    const from: ImagePlace = { host: source.host, repository: 'bench/image' }
    const to: ImagePlace = { host: target.host, repository: `bench/${folder.slice(-6).toLowerCase()}` }
    const args = contender.args(from, to)
    if (scenario === 'unchanged') await measureCommand(contender.command, args)
    if (scenario === 'resumed after a cut') {
      const isHalfThere = async (): Promise<boolean> =>
        (await target.requests()).filter(({ method, status }) => method === 'PUT' && status === 201).length >=
        layers / 2
      await killCommand(contender.command, args, isHalfThere)
    }
    const before = [await countRequests(source), other ? await countRequests(other) : 0] as const
    const cost = await measureCommand(contender.command, args)
    const atSource = (await countRequests(source)) - before[0]
    const atOther = other ? (await countRequests(other)) - before[1] : 0
    const again =
      contender === ourCopy && scenario === 'unchanged'
        ? await measureCommand(contender.command, [...args, '10'])
        : cost
    return {
      seconds: contender === ourCopy ? Number.parseFloat(cost.stdout) : cost.wallSeconds,
      againSeconds: contender === ourCopy ? Number.parseFloat(again.stdout) : cost.wallSeconds,
      processSeconds: cost.wallSeconds,
      cpuSeconds: cost.cpuSeconds,
      peakMiB: cost.peakMiB,
      sourceRequests: other ? atSource : 0,
      targetRequests: other ? atOther : atSource,
    }
  } finally {
    await other?.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

const marker = '/v2/bench/marker-'

/** Number of requests that a registry's log holds, once all that were answered are in it. */
async function countRequests(registry: RunningRegistry): Promise<number> {
  const mark = `${marker}${Math.random().toString(36).slice(2)}/tags/list`
  await (await fetch(`http://${registry.host}${mark}`)).arrayBuffer()
  for (;;) {
    const requests = await registry.requests()
    if (requests.some(({ url }) => url === mark)) {
      // What we asked ourselves is not the contender's.
      return requests.filter(({ url }) => !url.startsWith(marker)).length
    }
  }
}
