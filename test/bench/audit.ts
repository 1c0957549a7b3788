import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { existsSync } from 'node:fs'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import type { AuditSummary } from '@sallyport/audit'
import { fillRegistry, type Filled } from '@sallyport/test-audit'
import { createKeys } from '@sallyport/test-audit/evidence'
import { repositoryAt } from '@sallyport/test-audit/repository'
import { policy, times } from '@sallyport/test-audit/start'
import { type RunningRegistry, startDockerRegistry, toolPath } from '@sallyport/test-tools'
import { type BenchRow, toRow } from './bench-row.ts'
import { measureCommand } from './measure-command.ts'

/** How many repositories; `SALLYPORT_BENCH_REPOSITORIES` makes it fewer on a machine that has little time. */
const repositories = Number(process.env['SALLYPORT_BENCH_REPOSITORIES'] || 100)
/** How many of them the script looks at, with five images in each: one takes it as long as the next. */
const sampled = 5
const scriptName = 'crane, cosign and jq in a script'
const script = fileURLToPath(new URL('audit-peer.sh', import.meta.url))
const ours = fileURLToPath(new URL('../audit/audit-child.ts', import.meta.url))

interface Costs {
  readonly msAnImage: number
  readonly requestsAnImage: number
  readonly images: number
  readonly peakMiB: number
}

/** What an audit of a docker-registry takes for an image, beside a script of the usual tools that checks less. */
export async function benchAudit(): Promise<readonly BenchRow[]> {
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-bench-'))
  try {
    await using registry = await startDockerRegistry({ directory: join(directory, 'registry') })
    const keys = createKeys()
    const { decidedAt, staleSince } = times
    const filled = await fillRegistry({
      registry: registry.host,
      repositories,
      keys,
      policyDigest: policy.digest,
      decidedAt,
      staleSince,
    })
    process.stderr.write(`${filled.tags} tags `)
    const task = { registry: registry.host, key: keys.trusted.publicKey, state: join(directory, 'audit.db') }
    const first = await auditOurs(task, filled)
    process.stderr.write('.')
    const again = await auditOurs(task, filled)
    process.stderr.write('.')
    const peer = await runScript(registry, directory, keys.trusted.publicKey)
    process.stderr.write('.\n')
    const rows = (title: string, cost: Costs): readonly BenchRow[] => [
      toRow(
        { case: title, metric: 'ms an image' },
        round(cost.msAnImage),
        { [scriptName]: peer && round(peer.msAnImage) },
        { type: 'ratio', most: 0.05 },
      ),
      toRow(
        { case: title, metric: 'images a second (more is better)' },
        round(1000 / cost.msAnImage),
        { [scriptName]: peer && round(1000 / peer.msAnImage) },
        { type: 'none' },
      ),
      toRow(
        { case: title, metric: 'requests an image' },
        round(cost.requestsAnImage),
        { [scriptName]: peer && round(peer.requestsAnImage) },
        { type: 'none' },
      ),
      toRow({ case: title, metric: 'peak MiB' }, round(cost.peakMiB), {}, { type: 'figure', most: 238 }),
    ]
    return [...rows(`${filled.tags} tags, first audit`, first), ...rows('the same again', again)]
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

/** Runs an audit as a program of its own, from its start to its end. */
async function auditOurs(task: object, filled: Filled): Promise<Costs> {
  const { stdout, wallSeconds, peakMiB } = await measureCommand(process.execPath, [
    ours,
    JSON.stringify(task),
  ])
  const { summary } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as {
    readonly summary: AuditSummary
  }
  const images = Object.values(summary.classes).reduce((sum, count) => sum + count, 0)
  const expected = Object.values(filled.classes).reduce((sum, count) => sum + count, 0)
  if (images !== expected) throw new Error(`${images} images were audited of ${expected}`)
  return {
    images,
    msAnImage: (1000 * wallSeconds) / images,
    requestsAnImage: summary.requests / images,
    peakMiB,
  }
}

async function runScript(
  registry: RunningRegistry,
  directory: string,
  publicKey: string,
): Promise<Costs | null> {
  const [crane, cosign, jq] = [toolPath('crane'), toolPath('cosign'), findProgram('jq')]
  if (crane === undefined || cosign === undefined || jq === undefined) return null
  const key = join(directory, 'cosign.pub')
  await writeFile(key, publicKey)
  const before = (await registry.requests()).length
  const names = Array.from({ length: sampled }, (_, at) => `${registry.host}/${repositoryAt(at)}`)
  const { stdout, wallSeconds, peakMiB } = await measureCommand(script, names, {
    // A home of its own: nothing but what the command line says is trusted, and nothing is fetched.
    env: { ...process.env, HOME: directory, CRANE: crane, COSIGN: cosign, JQ: jq, KEY: key, WORK: directory },
  })
  const lines = stdout.trimEnd().split('\n')
  const images = lines.length
  // Or the script measures how fast nothing is found.
  if (!lines.some((line) => !line.includes(' '))) throw new Error(`the script verified no image:\n${stdout}`)
  const requests = (await registry.requests()).length - before
  return { images, msAnImage: (1000 * wallSeconds) / images, requestsAnImage: requests / images, peakMiB }
}

function findProgram(name: string): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find((path) => existsSync(path))
}

function round(figure: number): number {
  return Number(figure.toFixed(3))
}
