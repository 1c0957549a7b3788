import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { startOlareg, toolPath } from '@sallyport/test-tools'
import { type BenchRow, median, type Target, toRow } from './bench-row.ts'
import { type CommandCost, measureCommand } from './measure-command.ts'
import { signImages, type VerifyCase } from './verify-cases.ts'

const rounds = 7
const verifications = 10_000
/** Longest time to verify a bundle in memory that is acceptable, in milliseconds. */
const mostMs = { key: 1, keyless: 10 }
/**
 * Memory is flat when, after full collections, no more than this is gained, in MiB: in use (heap and buffers) from the
 * 1,000th verification to the 10,000th; resident from the 5,000th, since V8 gives its young generation more room for a
 * while, whether or not it is needed.
 */
const mostGained = { used: 1, resident: 16 }
const mebibyte = 2 ** 20

const ours = fileURLToPath(new URL('verify-ours.mjs', import.meta.url))

/** What `verify-ours.mjs times` prints, in milliseconds. */
type Times = Readonly<
  Record<
    'bundle' | 'image' | 'cached',
    { readonly p50: number; readonly p99: number; readonly perSecond: number }
  >
>

/** What `verify-ours.mjs memory` prints after a tenth, after half and after all, in bytes. */
type MemorySamples = readonly [MemorySample, MemorySample, MemorySample]
interface MemorySample {
  readonly used: number
  readonly resident: number
}

/** Verifies signed images of a registry beside cosign: with a key and keyless, in a running program and as a process. */
export async function benchVerify(): Promise<readonly BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  try {
    await using registry = await startOlareg({ directory: join(directory, 'registry') })
    const rows: BenchRow[] = []
    for (const one of await signImages(registry, directory)) {
      process.stderr.write(`${one.title} `)
      const file = join(directory, `${one.repository.replace('/', '-')}.json`)
      await writeFile(file, JSON.stringify(one))
      rows.push(...(await compareTimes(one, file, directory)))
      for (const way of ['bundle', 'image'] as const) rows.push(...(await watchMemory(one, file, way)))
      process.stderr.write('\n')
    }
    return rows
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function compareTimes(one: VerifyCase, file: string, home: string): Promise<readonly BenchRow[]> {
  const cosign = toolPath('cosign')
  const costs: { readonly ours: CommandCost[]; readonly cosign: CommandCost[] } = { ours: [], cosign: [] }
  for (let round = 0; round < rounds; round++) {
    costs.ours.push(await measureCommand(process.execPath, [ours, 'once', file]))
    // A home of its own: nothing but what the command line says is trusted, and nothing is fetched.
    const env = { ...process.env, HOME: home }
    if (cosign !== undefined) costs.cosign.push(await measureCommand(cosign, cosignArgs(one), { env }))
    process.stderr.write('.')
  }
  const { stdout } = await measureCommand(process.execPath, [ours, 'times', file])
  process.stderr.write('.')
  const { bundle, image, cached } = JSON.parse(stdout) as Times
  const seconds = median(costs.cosign.map(({ wallSeconds }) => wallSeconds))
  const cosignMs = { cosign: seconds === null ? null : round(seconds * 1000) }
  const row = (metric: string, figure: number, peers: BenchRow['peers'], target: Target): BenchRow =>
    toRow({ case: one.title, metric }, round(figure), peers, target)
  const medianOf = (figure: 'cpuSeconds' | 'peakMiB', from: CommandCost[]): number | null =>
    median(from.map((cost) => cost[figure]))
  const none: Target = { type: 'none' }
  const faster: Target = { type: 'ratio', most: 1 }
  return [
    row(
      'ms to verify a bundle in memory, p50',
      bundle.p50,
      {},
      { type: 'figure', most: mostMs[one.signer.kind] },
    ),
    row('ms to verify a bundle in memory, p99', bundle.p99, {}, none),
    row('ms to verify the image in a running program, p50', image.p50, cosignMs, faster),
    row('ms to verify the image in a running program, p99', image.p99, cosignMs, none),
    row('the same with a cache, p50', cached.p50, cosignMs, faster),
    row('the same with a cache, p99', cached.p99, cosignMs, none),
    row('bundles a second (more is better)', bundle.perSecond, {}, none),
    row(
      'images a second (more is better)',
      image.perSecond,
      { cosign: seconds === null ? null : round(1 / seconds) },
      none,
    ),
    row(
      'ms of the process',
      1000 * (median(costs.ours.map(({ wallSeconds }) => wallSeconds)) ?? Number.NaN),
      cosignMs,
      none,
    ),
    ...(['cpuSeconds', 'peakMiB'] as const).map((figure) =>
      row(
        figure === 'cpuSeconds' ? 'CPU seconds of the process' : 'peak MiB of the process',
        medianOf(figure, costs.ours) ?? Number.NaN,
        { cosign: medianOf(figure, costs.cosign) },
        none,
      ),
    ),
  ]
}

function cosignArgs({ registry, repository, digest, signer }: VerifyCase): readonly string[] {
  const trust =
    signer.kind === 'key'
      ? [`--key=${signer.publicKey}`, '--insecure-ignore-tlog=true']
      : [
          `--trusted-root=${signer.trustedRoot}`,
          `--certificate-identity=${signer.subject}`,
          `--certificate-oidc-issuer=${signer.issuer}`,
        ]
  return ['verify', '--allow-http-registry', ...trust, `${registry}/${repository}@${digest}`]
}

async function watchMemory(
  { title }: VerifyCase,
  file: string,
  way: 'bundle' | 'image',
): Promise<readonly BenchRow[]> {
  const args = ['--expose-gc', ours, 'memory', file, way, String(verifications)]
  const { stdout } = await measureCommand(process.execPath, args)
  process.stderr.write('.')
  const [tenth, half, all] = JSON.parse(stdout) as MemorySamples
  const row = (metric: string, bytes: number, target: Target): BenchRow =>
    toRow({ case: title, metric: `${metric} the ${way}` }, round(bytes / mebibyte), {}, target)
  const most = (figure: keyof MemorySample): Target => ({ type: 'figure', most: mostGained[figure] })
  return [
    row('MiB in use gained from 1,000 to 10,000 times', all.used - tenth.used, most('used')),
    row('MiB resident gained from 5,000 to 10,000 times', all.resident - half.resident, most('resident')),
    row('MiB in use after 10,000 times', all.used, { type: 'none' }),
    row('MiB resident after 10,000 times', all.resident, { type: 'none' }),
  ]
}

function round(figure: number): number {
  return Number(figure.toFixed(3))
}
