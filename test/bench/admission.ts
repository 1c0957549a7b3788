import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { text } from 'node:stream/consumers'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { generateSigningKey, keySigner, predicateTypes } from '@sallyport/attest'
import { startOlareg, toolPath } from '@sallyport/test-tools'
import { createTlsAuthority } from '@sallyport/testkit/tls'
import { gateId, pushPromoted } from './admission-images.ts'
import { type BenchRow, median, toRow } from './bench-row.ts'
import { measureCommand } from './measure-command.ts'

const repository = 'prod/app'
const coldImages = 100
const warmImages = 20
const perSecond = 500
const tagsPerSecond = 200
const seconds = 20
const rounds = 5
/** How many different digests memory is watched over; `SALLYPORT_BENCH_DIGESTS` makes it fewer. */
const digests = Number(process.env['SALLYPORT_BENCH_DIGESTS'] ?? 100_000)
/** More than this from the half to the end is a leak, in MiB: in use after a collection, and resident. */
const mostGained = { used: 8, resident: 32 }
const servername = 'sallyport-admission.sallyport.svc'
const [ours, load] = ['admission-ours.mjs', 'admission-load.mjs'].map((name) =>
  fileURLToPath(new URL(name, import.meta.url)),
) as [string, string]

/** What `admission-load.mjs` prints. */
interface LoadResult {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly most: number
  readonly outcomes: { readonly allowed: number; readonly denied: number; readonly failed: number }
  readonly reasons: Readonly<Record<string, number>>
}

/** Reviews over TLS, of images that a gate promoted: the webhook and what asks it are processes of their own. */
export async function benchAdmission(): Promise<readonly BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  try {
    await using registry = await startOlareg({ directory: join(directory, 'registry') })
    const { privateKey, publicKey } = await generateSigningKey()
    const authority = createTlsAuthority()
    const pair = authority.issue({ name: 'webhook', hosts: [servername] })
    const files = { ca: authority.ca, certificate: pair.cert, key: pair.key, publicKey }
    const paths = Object.fromEntries(Object.keys(files).map((name) => [name, join(directory, `${name}.pem`)]))
    for (const [name, content] of Object.entries(files)) await writeFile(paths[name]!, content)
    const count = coldImages + warmImages + 1
    const pushed = await pushPromoted(registry.host, repository, count, keySigner(privateKey))
    const images = pushed.map((digest) => `${registry.host}/${repository}@${digest}`)
    const place = { ...paths, gateId }
    process.stderr.write('.')
    return [
      ...(await timeReviews(place, images, { directory, publicKey: paths['publicKey']! })),
      ...(await timeSlowRegistry(place)),
      ...(await watchMemory(place, registry.host)),
    ]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

type Place = Readonly<Record<string, string>>

async function timeReviews(
  place: Place,
  images: readonly string[],
  peer: { readonly directory: string; readonly publicKey: string },
): Promise<readonly BenchRow[]> {
  await using webhook = await startWebhook(place)
  const [tagged] = images[0]!.split('@', 1)
  const ask = (task: object) => runLoad(place, webhook.port, task)
  const verified = () => webhook.read('sallyport_admission_verifications_total')

  const cold = await ask({ images: images.slice(0, coldImages), connections: 1 })
  process.stderr.write('.')
  const warming = images.slice(coldImages, coldImages + warmImages)
  await ask({ images: warming, connections: 1 })
  const spent = await webhook.read('bench_cpu_seconds')
  const warm = await ask({ images: warming, perSecond, seconds })
  const cpuSeconds = (await webhook.read('bench_cpu_seconds')) - spent
  process.stderr.write('.')
  // A tag is resolved each time: what its registry takes is in the answer.
  const tags = warming.map((_, at) => `${tagged}:v${coldImages + at}`)
  const moving = await ask({ images: tags, phase: 'mutate', perSecond: tagsPerSecond, seconds: seconds / 2 })
  process.stderr.write('.')
  const before = await verified()
  const crowd = await ask({
    images: Array(1_000).fill(images.at(-1)),
    connections: 1_000,
    isConnected: true,
  })
  const verifications = (await verified()) - before
  process.stderr.write('.')
  for (const [name, { outcomes, count, reasons }] of Object.entries({ cold, warm, moving, crowd }))
    if (outcomes.allowed !== count || outcomes.failed > 0)
      throw new Error(`${name}: not all were allowed: ${JSON.stringify({ outcomes, reasons })}`)

  const cosign = await timeCosign(images.slice(0, rounds), peer)
  const figure = (title: string, metric: string, value: number, most: number, peers = {}): BenchRow =>
    toRow({ case: title, metric }, round(value), peers, { type: 'figure', most })
  const known = (title: string, metric: string, value: number): BenchRow =>
    toRow({ case: title, metric }, round(value), {}, { type: 'none' })
  return [
    figure('an image not seen before', 'ms of a review, p50', cold.p50, 100, {
      'cosign, two commands': cosign,
    }),
    known('an image not seen before', 'ms of a review, p99', cold.p99),
    known(`seen images, ${perSecond} reviews a second`, 'ms of a review, p50', warm.p50),
    figure(`seen images, ${perSecond} reviews a second`, 'ms of a review, p99', warm.p99, 5),
    known(`seen images, ${perSecond} reviews a second`, 'ms of a review, most', warm.most),
    // Other processes make times longer, and this not.
    known(
      `seen images, ${perSecond} reviews a second`,
      'CPU ms of the webhook for a review',
      (cpuSeconds * 1_000) / warm.count,
    ),
    known(`seen images by tag, ${tagsPerSecond} reviews a second`, 'ms of a review, p50', moving.p50),
    known(`seen images by tag, ${tagsPerSecond} reviews a second`, 'ms of a review, p99', moving.p99),
    figure('1,000 reviews at once of an image not seen before', 'verifications', verifications, 1),
    known('1,000 reviews at once of an image not seen before', 'ms until all are answered', crowd.most),
  ]
}

/** The same questions by the usual tool: a process for the signature and one for the decision. */
async function timeCosign(
  images: readonly string[],
  { directory, publicKey }: { readonly directory: string; readonly publicKey: string },
): Promise<number | null> {
  const cosign = toolPath('cosign')
  if (cosign === undefined) return null
  const env = { ...process.env, HOME: directory }
  const common = ['--allow-http-registry', `--key=${publicKey}`, '--insecure-ignore-tlog=true']
  const times: number[] = []
  for (const image of images) {
    const one = await measureCommand(cosign, ['verify', ...common, image], { env })
    const type = `--type=${predicateTypes.vsa}`
    const other = await measureCommand(cosign, ['verify-attestation', type, ...common, image], { env })
    times.push((one.wallSeconds + other.wallSeconds) * 1_000)
  }
  return round(median(times) ?? Number.NaN)
}

/** Answers of a registry that takes five seconds for each. */
async function timeSlowRegistry(place: Place): Promise<readonly BenchRow[]> {
  const slow = createServer((incoming, outgoing) => {
    incoming.resume()
    const timer = setTimeout(() => outgoing.writeHead(404).end(), 5_000)
    outgoing.on('close', () => clearTimeout(timer))
  })
  slow.listen(0, '127.0.0.1')
  await once(slow, 'listening')
  try {
    const host = `127.0.0.1:${(slow.address() as AddressInfo).port}`
    await using webhook = await startWebhook(place)
    const images = Array.from({ length: 100 }, (_, at) => `${host}/prod/app:v${at}`)
    const rows: BenchRow[] = []
    for (const timeout of [1, 3]) {
      const { outcomes, count, most } = await runLoad(place, webhook.port, {
        images,
        timeout,
        perSecond: 20,
        seconds: 5,
        connections: 100,
      })
      if (outcomes.denied !== count || outcomes.failed > 0) throw new Error(JSON.stringify(outcomes))
      const title = `a registry that takes 5 s, timeout ${timeout} s`
      const target = { type: 'figure', most: timeout * 1_000 } as const
      rows.push(toRow({ case: title, metric: 'ms of a review, most' }, round(most), {}, target))
      process.stderr.write('.')
    }
    return rows
  } finally {
    slow.close()
    slow.closeAllConnections()
  }
}

/** Memory while digests are asked for that nobody has seen, and that the registry does not have. */
async function watchMemory(place: Place, host: string): Promise<readonly BenchRow[]> {
  await using webhook = await startWebhook(place)
  const samples: { used: number; resident: number }[] = []
  const parts = 10
  for (let part = 0; part < parts; part++) {
    const images = Array.from(
      { length: Math.ceil(digests / parts) },
      () => `${host}/prod/app@sha256:${randomBytes(32).toString('hex')}`,
    )
    // An argument of a program has at most 128 KiB.
    for (let at = 0; at < images.length; at += 1_000) {
      const { outcomes, reasons } = await runLoad(place, webhook.port, {
        images: images.slice(at, at + 1_000),
      })
      if (outcomes.allowed + outcomes.failed > 0) throw new Error(JSON.stringify({ outcomes, reasons }))
    }
    const used = await webhook.read('bench_used_bytes')
    samples.push({ used, resident: await webhook.read('bench_resident_bytes') })
    process.stderr.write('.')
  }
  const [half, last] = [samples[parts / 2 - 1]!, samples[parts - 1]!]
  const row = (name: keyof typeof mostGained): BenchRow =>
    toRow(
      { case: `${digests} different digests`, metric: `MiB ${name}, gained from half to end` },
      round((last[name] - half[name]) / 2 ** 20),
      {},
      { type: 'figure', most: mostGained[name] },
    )
  const total: BenchRow = toRow(
    { case: `${digests} different digests`, metric: 'MiB resident at the end' },
    round(last.resident / 2 ** 20),
    {},
    { type: 'none' },
  )
  return [row('used'), row('resident'), total]
}

interface Webhook extends AsyncDisposable {
  readonly port: number
  /** The value of a metric, summed over its labels. */
  read(name: string): Promise<number>
}

async function startWebhook(place: Place): Promise<Webhook> {
  const child: ChildProcess = spawn(process.execPath, ['--expose-gc', ours, JSON.stringify(place)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  const line = await Promise.race([
    once(child.stdout!, 'data').then(([chunk]: Buffer[]) => chunk!.toString()),
    ended.then(([status]) => Promise.reject(new Error(`the webhook ended with ${status}`))),
  ])
  const port = Number(line)
  return {
    port,
    async read(name) {
      const outgoing = request({ host: '127.0.0.1', port, path: '/metrics', rejectUnauthorized: false })
      outgoing.end()
      const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream]
      const lines = (await text(incoming)).split('\n')
      return lines
        .filter((each) => each.startsWith(`${name} `) || each.startsWith(`${name}{`))
        .reduce((sum, each) => sum + Number(each.slice(each.lastIndexOf(' '))), 0)
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM')
      await Promise.race([ended, delay(10_000, undefined, { ref: false }).then(() => child.kill('SIGKILL'))])
    },
  }
}

async function runLoad({ ca }: Place, port: number, task: object): Promise<LoadResult> {
  const { stdout } = await measureCommand(process.execPath, [load, JSON.stringify({ ca, port, ...task })])
  return JSON.parse(stdout) as LoadResult
}

const round = (value: number) => Number(value.toFixed(2))
