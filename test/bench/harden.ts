import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { pipeline } from 'node:stream/promises'
import { fileURLToPath } from 'node:url'
import { createGzip } from 'node:zlib'
import { mediaTypes, toDigest } from '@sallyport/core'
import { writeTar } from '@sallyport/image'
import { openLayout } from '@sallyport/oci'
import { imageLayout } from '@sallyport/test-images'
import { type BenchRow, median, type Target, toRow } from './bench-row.ts'
import { type CommandCost, measureCommand } from './measure-command.ts'

const rounds = 3
const ours = fileURLToPath(new URL('harden-ours.mjs', import.meta.url))
/** Debian with nginx, 240 MB. */
const imageName = 'web'
/** A package of the layer above the base; nothing depends on it. */
const upperPackage = 'curl'

/** What `harden-ours.mjs` prints. */
interface OurReport {
  readonly openSeconds: number
  readonly hardenSeconds: number
  readonly unchangedBecause?: string
  readonly removed: readonly { readonly name: string; readonly bytes: number }[]
  readonly holds: boolean
  readonly digest?: string
  readonly layers: readonly { readonly size: number; readonly isNew: boolean }[]
}

interface OurRun {
  readonly cost: CommandCost
  readonly report: OurReport
}

/**
 * An image hardened whole, and the same with all of its bytes and with few of them written anew, beside the pipe of
 * gunzip, sha256sum and gzip over the same layers; and the memory that one of 2 GB takes.
 */
export async function benchHarden(): Promise<readonly BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  try {
    const { directory: layout, tag } = await imageLayout(imageName)
    const run = (options: object, from = layout, name = tag, to?: string) =>
      harden(from, name, directory, options, to)
    const plain = await run({})
    const bySize = plain.report.removed.toSorted((one, other) => one.bytes - other.bytes)
    const keep = await keepAllButOne(
      bySize.filter(({ bytes }) => bytes > 0).map(({ name }) => name),
      run,
    )

    // An image that hides deleted bytes is written anew wherever it does: here is one that hides none.
    const clean = join(directory, 'clean')
    const { digest = '' } = (await run({ keep }, layout, tag, clean)).report
    const keepClean = keep.filter((name) => name !== upperPackage)
    const runClean = () => run({ keep: keepClean }, clean, digest)

    const whole: OurRun[] = []
    const everything: OurRun[] = []
    const little: OurRun[] = []
    const pipes: CommandCost[] = []
    for (let round = 0; round < rounds; round++) {
      whole.push(await run({}))
      everything.push(await run({ keep, squash: true }))
      little.push(await runClean())
      pipes.push(await measurePipe(layout, tag))
      process.stderr.write('.')
    }
    const largeLayout = join(directory, 'large')
    await addLargeLayer(layout, tag, largeLayout)
    const large = await run({ squash: true }, largeLayout)

    const pipe = { 'gunzip, sha256sum, gzip': wallOf(pipes) }
    const row = (title: string, metric: string, our: number | null, target: Target, peers = {}): BenchRow =>
      toRow({ case: `${imageName}, ${title}`, metric }, our ?? Number.NaN, peers, target)
    const written = (runs: readonly OurRun[]) =>
      median(
        runs.map(
          ({ report }) =>
            report.layers.filter(({ isNew }) => isNew).reduce((sum, { size }) => sum + size, 0) / 2 ** 20,
        ),
      )
    const beyondReading = (runs: readonly OurRun[]) => median(runs.map(({ report }) => report.hardenSeconds))
    return [
      row(
        'hardened',
        'seconds of the process',
        costOf(whole, 'wallSeconds'),
        { type: 'figure', most: 10 },
        pipe,
      ),
      row('hardened', 'CPU seconds of the process', costOf(whole, 'cpuSeconds'), { type: 'none' }),
      row('hardened', 'peak MiB of the process', costOf(whole, 'peakMiB'), { type: 'none' }),
      row(
        'all of it written anew',
        'seconds of the process',
        costOf(everything, 'wallSeconds'),
        { type: 'ratio', most: 1.5 },
        pipe,
      ),
      row('all of it written anew', 'MiB written', written(everything), { type: 'none' }),
      row(
        'a package of the upper layer removed',
        'seconds of the process',
        costOf(little, 'wallSeconds'),
        { type: 'none' },
        pipe,
      ),
      row('a package of the upper layer removed', 'MiB written', written(little), { type: 'none' }),
      row(
        'a package of the upper layer removed',
        'seconds of hardening, beside all of it written anew',
        beyondReading(little),
        { type: 'ratio', most: 1 },
        {
          'all of it': beyondReading(everything),
        },
      ),
      row('with a layer of 2 GB', 'peak MiB of the process', large.cost.peakMiB, {
        type: 'figure',
        most: 300,
      }),
      row('with a layer of 2 GB', 'seconds of the process', large.cost.wallSeconds, { type: 'none' }),
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** What to keep so that one small package leaves; one that another needs stays with it. */
async function keepAllButOne(
  names: readonly string[],
  run: (options: object) => Promise<OurRun>,
): Promise<readonly string[]> {
  for (const name of names) {
    const keep = names.filter((other) => other !== name)
    const found = await run({ keep }).catch(() => undefined)
    if (found) return keep
  }
  throw new Error(`${imageName}: no package leaves alone`)
}

const costOf = (runs: readonly OurRun[], figure: 'wallSeconds' | 'cpuSeconds' | 'peakMiB') =>
  median(runs.map(({ cost }) => cost[figure]))
const wallOf = (costs: readonly CommandCost[]) => median(costs.map(({ wallSeconds }) => wallSeconds))

/** A benchmark of a wrong answer is worth nothing: something must be gone, and every law must hold. */
async function harden(
  layout: string,
  tag: string,
  directory: string,
  options: object,
  to?: string,
): Promise<OurRun> {
  const words = [ours, layout, tag, directory, JSON.stringify(options), ...(to ? [to] : [])]
  const cost = await measureCommand(process.execPath, words)
  const report = JSON.parse(cost.stdout) as OurReport
  if (report.unchangedBecause !== undefined || report.removed.length === 0 || !report.holds) {
    throw new Error(`not hardened: ${report.unchangedBecause ?? 'a law does not hold'}`)
  }
  return { cost, report }
}

interface Blob {
  readonly digest: string
  readonly size: number
  readonly mediaType: string
}

const pathOf = (layout: string, { digest }: Pick<Blob, 'digest'>) =>
  join(layout, 'blobs', ...digest.split(':'))
const readJson = async <T>(path: string): Promise<T> => JSON.parse(await readFile(path, 'utf8')) as T

/** The layers one after the other through the three programs, each as fast as the slowest lets it. */
async function measurePipe(layout: string, tag: string): Promise<CommandCost> {
  const { bytes } = await (await openLayout(layout)).getManifest(tag)
  const { layers } = JSON.parse(Buffer.from(bytes).toString()) as { layers: Blob[] }
  const script = 'for blob; do gunzip -c "$blob" | tee >(sha256sum >/dev/null) | gzip -6 -n | wc -c; done'
  return measureCommand('bash', [
    '-euo',
    'pipefail',
    '-c',
    script,
    'pipe',
    ...layers.map((layer) => pathOf(layout, layer)),
  ])
}

const largeFiles = 32
const largeFileBytes = 64 * 1024 ** 2

/** The same image on top of a layer of 2 GB, in files whose bytes repeat too far apart to compress. */
async function addLargeLayer(layout: string, tag: string, to: string): Promise<void> {
  const source = await openLayout(layout)
  const { bytes } = await source.getManifest(tag)
  const manifest = JSON.parse(Buffer.from(bytes).toString()) as { config: Blob; layers: Blob[] }
  const config = await readJson<{ rootfs: { diff_ids: string[] }; history?: object[] }>(
    pathOf(layout, manifest.config),
  )
  await cp(layout, to, { recursive: true })

  const piece = randomBytes(1024 ** 2)
  function* content() {
    for (let at = 0; at < largeFileBytes; at += piece.byteLength) yield piece
  }
  const entries = Array.from({ length: largeFiles }, (_, index) => ({
    header: { type: 'file' as const, path: `srv/data/${index}`, size: largeFileBytes, mode: 0o644 },
    content: content(),
  }))
  const diffId = createHash('sha256')
  const digest = createHash('sha256')
  let size = 0
  const unfinished = join(to, 'layer')
  await pipeline(
    writeTar(entries),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        diffId.update(chunk)
        yield chunk
      }
    },
    createGzip({ level: 1, chunkSize: 256 * 1024 }),
    async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        digest.update(chunk)
        size += chunk.byteLength
        yield chunk
      }
    },
    createWriteStream(unfinished),
  )
  const layer = { mediaType: mediaTypes.ociLayerGzip, digest: toDigest(digest), size }
  await rename(unfinished, pathOf(to, layer))
  const write = async (mediaType: string, document: object): Promise<Blob> => {
    const text = Buffer.from(JSON.stringify(document))
    const blob = { mediaType, digest: toDigest(createHash('sha256').update(text)), size: text.byteLength }
    await writeFile(pathOf(to, blob), text)
    return blob
  }
  const newConfig = await write(manifest.config.mediaType, {
    ...config,
    history: [{ created_by: 'a large layer' }, ...(config.history ?? [])],
    rootfs: { ...config.rootfs, diff_ids: [toDigest(diffId), ...config.rootfs.diff_ids] },
  })
  const written = await write(mediaTypes.ociManifest, {
    ...manifest,
    config: newConfig,
    layers: [layer, ...manifest.layers],
  })
  const annotations = { 'org.opencontainers.image.ref.name': tag }
  await writeFile(
    join(to, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ ...written, annotations }] }),
  )
}
