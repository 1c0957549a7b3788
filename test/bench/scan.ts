import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { readRecords } from '@sallyport/test-accuracy'
import { imageLayout } from '@sallyport/test-images'
import { startDockerRegistry } from '@sallyport/test-tools'
import { buildAdvisoryDatabase } from '@sallyport/scan/database'
import { createRegistryClient, copy, openLayout } from '@sallyport/oci'
import { type BenchRow, median, type Target, toRow } from './bench-row.ts'
import { type CommandCost, measureCommand } from './measure-command.ts'
import { type PeerFinding, type PeerScan, syftAndGrype, trivyScanners, updatedAt } from './scan-peers.ts'

const rounds = 5
/** Scans of a program that runs on; the first one is not counted. */
const scansOfProgram = 11
/** All that the records know of is fixed in `many`: there, that both find nothing says little. */
const images = {
  python: { leastPackages: 100, leastFindings: 10 },
  many: { leastPackages: 1500, leastFindings: 0 },
} as const
type ImageName = keyof typeof images
const ours = fileURLToPath(new URL('scan-ours.mjs', import.meta.url))
const oursCopying = fileURLToPath(new URL('scan-tap-ours.mjs', import.meta.url))
/** What an inventory may add to the copy that it is taken from. */
const mostOfCopy = 1.1

/** What `scan-ours.mjs` prints. */
interface OurReport {
  readonly status: string
  readonly gaps: readonly { readonly code: string }[]
  readonly packagesSeen: number
  readonly findings: readonly {
    readonly ids: readonly string[]
    readonly name: string
    readonly version: string
  }[]
  readonly times: readonly number[]
}

interface OurScan {
  readonly cost: CommandCost
  readonly report: OurReport
}

/** Inventory and matching of images beside Trivy and Syft with Grype: the same layout, databases of the same records. */
export async function benchScan(): Promise<readonly BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  try {
    const database = join(directory, 'advisories.db')
    await buildAdvisoryDatabase({
      inputs: [
        { kind: 'records', name: 'records', records: readRecords(), updatedAt: updatedAt.toISOString() },
      ],
      output: database,
    })
    const rows: BenchRow[] = []
    for (const name of Object.keys(images) as ImageName[]) {
      process.stderr.write(`${name} `)
      rows.push(...(await compareScans(name, database, directory)))
      rows.push(...(await compareCopies(name, directory)))
      process.stderr.write('\n')
    }
    return rows
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Ours and the peers in turn. */
async function compareScans(
  name: ImageName,
  database: string,
  directory: string,
): Promise<readonly BenchRow[]> {
  const { directory: layout, tag } = await imageLayout(name)
  const cache = join(directory, 'layers')
  const runOurs = async (count: number, ...more: string[]): Promise<OurScan> => {
    const cost = await measureCommand(process.execPath, [ours, layout, tag, database, String(count), ...more])
    const report = JSON.parse(cost.stdout) as OurReport
    if (report.packagesSeen < images[name].leastPackages) {
      throw new Error(`${name}: ${report.packagesSeen} packages`)
    }
    return { cost, report }
  }
  const trivy = await trivyScanners(directory)
  const grype = await syftAndGrype(directory)
  const cold: OurScan[] = []
  const warm: OurScan[] = []
  const coldTrivy: PeerScan[] = []
  const warmTrivy: PeerScan[] = []
  const coldGrype: PeerScan[] = []
  for (let round = 0; round < rounds; round++) {
    await rm(cache, { recursive: true, force: true })
    cold.push(await runOurs(1, cache))
    warm.push(await runOurs(1, cache))
    if (trivy.cold) coldTrivy.push(await trivy.cold(layout))
    if (trivy.warm) warmTrivy.push(await trivy.warm(layout))
    if (grype) coldGrype.push(await grype(layout))
    process.stderr.write('.')
  }
  const runningCold = (await runOurs(scansOfProgram)).report
  const runningWarm = (await runOurs(scansOfProgram, cache)).report
  for (const { report } of [...cold, ...warm]) {
    for (const { findings } of [...coldTrivy, ...warmTrivy]) requireEqual(name, report, findings)
  }

  const none: Target = { type: 'none' }
  const ratio = (most: number): Target => ({ type: 'ratio', most })
  const of = (
    scans: readonly { readonly cost: Omit<CommandCost, 'stdout'> }[],
    figure: keyof PeerScan['cost'],
  ) => median(scans.map(({ cost }) => cost[figure]))
  const row = (
    how: string,
    metric: string,
    our: number | null,
    peers: Readonly<Record<string, number | null>>,
    target: Target,
  ): BenchRow => toRow({ case: `${name}, ${how}`, metric }, our ?? Number.NaN, peers, target)
  const seconds = (times: readonly number[]) => median(times.map((time) => time / 1000))
  const trivyCold = { trivy: of(coldTrivy, 'wallSeconds') }
  const trivyWarm = { trivy: of(warmTrivy, 'wallSeconds') }
  const syftGrype = { 'syft and grype': of(coldGrype, 'wallSeconds') }
  return [
    row('cold', 'seconds of the process', of(cold, 'wallSeconds'), trivyCold, ratio(0.5)),
    row('cold', 'seconds of the process', of(cold, 'wallSeconds'), syftGrype, ratio(0.25)),
    row('cold', 'seconds in a running program', seconds(runningCold.times), trivyCold, ratio(0.5)),
    row(
      'warm',
      'seconds of the process, beside a cold Trivy',
      of(warm, 'wallSeconds'),
      trivyCold,
      ratio(0.1),
    ),
    row('warm', 'seconds of the process, beside a warm Trivy', of(warm, 'wallSeconds'), trivyWarm, none),
    row(
      'warm',
      'seconds in a running program, beside a cold Trivy',
      seconds(runningWarm.times),
      trivyCold,
      ratio(0.1),
    ),
    row(
      'warm',
      'seconds in a running program, beside a warm Trivy',
      seconds(runningWarm.times),
      trivyWarm,
      none,
    ),
    ...(['cpuSeconds', 'peakMiB'] as const).flatMap((figure) => {
      const metric = figure === 'cpuSeconds' ? 'CPU seconds of the process' : 'peak MiB of the process'
      const target = figure === 'peakMiB' ? ratio(0.5) : none
      return [
        row('cold', metric, of(cold, figure), { trivy: of(coldTrivy, figure) }, target),
        row('cold', metric, of(cold, figure), { 'syft and grype': of(coldGrype, figure) }, none),
        row('warm', metric, of(warm, figure), { trivy: of(warmTrivy, figure) }, none),
      ]
    }),
  ]
}

/** A benchmark of a wrong answer is worth nothing: each of us has to find what the other found. */
function requireEqual(
  image: ImageName,
  { status, gaps, findings }: OurReport,
  trivy: readonly PeerFinding[],
): void {
  const key = (id: string, { name, version }: { readonly name: string; readonly version: string }) =>
    [id, name.toLowerCase(), version].join(' ')
  const theirs = new Set(trivy.map((finding) => key(finding.id, finding)))
  const missedByTrivy = findings.filter((finding) => !finding.ids.some((id) => theirs.has(key(id, finding))))
  const found = new Set(findings.flatMap((finding) => finding.ids.map((id) => key(id, finding))))
  const missed = [...theirs].filter((each) => !found.has(each))
  if (
    status === 'complete' &&
    findings.length >= images[image].leastFindings &&
    missed.length === 0 &&
    missedByTrivy.length === 0
  )
    return
  const found1 = missedByTrivy.map((finding) => key(finding.ids.join('/'), finding))
  throw new Error(
    `${image}: ${status} ${JSON.stringify(gaps)}, ${findings.length} findings; ` +
      `only Trivy: ${missed.join(', ')}; only ours: ${found1.join(', ')}`,
  )
}

/** The same copy with and without an inventory, in turn. */
async function compareCopies(name: ImageName, directory: string): Promise<readonly BenchRow[]> {
  const { directory: layout, tag } = await imageLayout(name)
  const folder = await mkdtemp(join(directory, 'copies-'))
  await using source = await startDockerRegistry({ directory: join(folder, 'source') })
  await using target = await startDockerRegistry({ directory: join(folder, 'target') })
  await using client = createRegistryClient()
  await copy(
    await openLayout(layout),
    client.repository({ registry: source.host, repository: 'bench/image' }),
    {
      from: tag,
      tag,
    },
  )
  const plain: number[] = []
  const listing: number[] = []
  for (let round = 0; round < rounds; round++) {
    for (const [times, more] of [
      [plain, []],
      [listing, ['inventory']],
    ] as const) {
      // A repository of its own, so that nothing is there.
      const to = `${target.host}/bench/${more[0] ?? 'plain'}-${round}:${tag}`
      const args = [oursCopying, `${source.host}/bench/image:${tag}`, to, ...more]
      times.push(Number.parseFloat((await measureCommand(process.execPath, args)).stdout))
    }
    process.stderr.write('.')
  }
  const names = { case: `${name}, copied`, metric: 'seconds of a copy with its inventory' }
  return [
    toRow(
      names,
      median(listing) ?? Number.NaN,
      { 'copy alone': median(plain) },
      { type: 'ratio', most: mostOfCopy },
    ),
  ]
}
