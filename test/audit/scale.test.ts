import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { AuditSummary } from '@sallyport/audit'
import { startDockerRegistry, startOlareg, toolPath, type RunningRegistry } from '@sallyport/test-tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fillRegistry, type Filled, layerDigest } from './fill-registry.ts'
import { createKeys, type EvidenceKeys } from './image-evidence.ts'
import { policy, times } from './start-audit.ts'

const repositories = Number(process.env['SALLYPORT_AUDIT_REPOSITORIES'] || 40)
/** Memory is measured of the built packages: reading TypeScript takes more than an audit. */
const isBuilt = Boolean(process.env['SALLYPORT_AUDIT_BUILT'])
const whichCode = isBuilt ? [] : ['--conditions=@sallyport/source']
/**
 * On a machine with much memory V8 lets its young generation grow, and the old one to four times of what is alive in it; below
 * 2 GiB at most to twice. An audit needs little of either.
 */
const heapLimits = ['--max-semi-space-size=2', '--max-old-space-size=512']
/** 250 MB. */
const mostMiB = 250e6 / 2 ** 20
const program = fileURLToPath(new URL('audit-child.ts', import.meta.url))

interface Outcome {
  readonly summary: AuditSummary
  readonly records: string
  readonly sent: Readonly<Record<string, number>>
  readonly peakMiB: number
}

interface Task {
  readonly registry: string
  readonly key: string
  readonly state: string
  readonly named?: number | undefined
  readonly repeatTags?: number | undefined
}

/** Runs an audit; with `killAfter`, ends its process once so many repositories are done, and resolves with nothing. */
async function audit(task: Task, killAfter = Number.POSITIVE_INFINITY): Promise<Outcome | undefined> {
  const child = spawn(process.execPath, [...whichCode, ...heapLimits, program, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  let last = ''
  for await (const line of createInterface(child.stdout)) {
    last = line
    if (Number(line) >= killAfter) child.kill('SIGKILL')
  }
  const code = await ended
  if (killAfter !== Number.POSITIVE_INFINITY && code === null) return undefined
  if (code !== 0) throw new Error(`the audit ended with ${code}`)
  return JSON.parse(last) as Outcome
}

const registries = [
  ['docker-registry', startDockerRegistry, { hasCatalog: true }],
  ['olareg', startOlareg, { hasCatalog: false }],
] as const

/** Installed by `node test/tools/install.mjs --suite audit`. */
const isMissing = (name: string): boolean =>
  toolPath(name) === undefined && process.env['SALLYPORT_REQUIRE_TOOLS'] === undefined

describe.skipIf(registries.some(([name]) => isMissing(name))).each(registries)(
  `an audit of ${repositories} repositories in %s`,
  (name, start, { hasCatalog }) => {
    let directory: string
    let registry: RunningRegistry
    let filled: Filled
    let keys: EvidenceKeys
    let first: Outcome
    const taskOf = (state: string): Task => ({
      registry: registry.host,
      ...(hasCatalog ? {} : { named: repositories }),
      key: keys.trusted.publicKey,
      state: join(directory, `${state}.db`),
    })

    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sallyport-audit-'))
      registry = await start({ directory: join(directory, 'registry') })
      keys = createKeys()
      const { decidedAt, staleSince } = times
      const options = { registry: registry.host, repositories, keys, policyDigest: policy.digest }
      filled = await fillRegistry({ ...options, decidedAt, staleSince })
      first = (await audit(taskOf('whole')))!
    })
    afterAll(async () => {
      await registry.stop()
      await rm(directory, { recursive: true, force: true })
    })

    it('counts every manifest once, in its class and role', () => {
      const { summary } = first
      expect(summary.classes).toEqual(filled.classes)
      expect(summary.roles).toMatchObject({
        image: filled.images,
        index: filled.indexes,
        platform: filled.platforms,
        artifact: filled.artifacts,
        'stray-evidence': filled.stray,
      })
      expect(summary.manifests).toBe(Object.values(summary.roles).reduce((sum, count) => sum + count, 0))
      expect(summary.repositories).toEqual({ audited: repositories, skipped: 0, failed: 0, failures: [] })
    })

    it('reads no layer, and stays below 250 MB', async () => {
      if (isBuilt) expect(first.peakMiB).toBeLessThan(mostMiB)
      const hex = layerDigest.slice('sha256:'.length)
      const reads = (await registry.requests()).filter(
        ({ method, url }) => method === 'GET' && url.includes(hex),
      )
      expect(reads).toEqual([])
    })

    it('asks once for each tag and repository, at most 1.1 times a tag, when nothing changed, and finds the same', async () => {
      const again = (await audit(taskOf('whole')))!
      process.stderr.write(
        `${name}: ${first.summary.tags} tags, ${first.summary.manifests} manifests; first ${first.summary.requests} requests, ${first.peakMiB.toFixed(0)} MiB; again ${again.summary.requests}: ${JSON.stringify(again.sent)}\n`,
      )
      const { tags, requests } = again.summary
      const catalogPages = hasCatalog ? Math.floor(repositories / 1000) + 1 : 0
      // Whether a child that was missing has come back is worth a request.
      expect(requests).toBeLessThanOrEqual(tags + repositories + catalogPages + filled.indexes)
      // In a small registry these few are many.
      if (repositories >= 500) expect(requests / tags).toBeLessThanOrEqual(1.1)
      expect(again.summary.classes).toEqual(first.summary.classes)
      expect(again.summary.roles).toEqual(first.summary.roles)
      expect(again.records).toBe(first.records)
    })

    it('gives the same after it was killed and gone on with', async () => {
      const task = taskOf('killed')
      let kills = 0
      for (const part of [0.15, 0.5, 0.85]) {
        if ((await audit(task, Math.ceil(repositories * part))) === undefined) kills++
      }
      const resumed = (await audit(task))!
      expect(kills).toBeGreaterThan(0)
      expect(resumed.summary.classes).toEqual(first.summary.classes)
      expect(resumed.summary.roles).toEqual(first.summary.roles)
      expect(resumed.records).toBe(first.records)
    })
  },
)

describe.skipIf(isMissing('olareg'))('an audit of 100,000 tags', () => {
  it('takes no more memory than one of 1,000', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sallyport-audit-'))
    const registry = await startOlareg({ directory: join(directory, 'registry') })
    try {
      const keys = createKeys()
      const named = 5
      const { decidedAt, staleSince } = times
      const options = { registry: registry.host, repositories: named, keys, policyDigest: policy.digest }
      const filled = await fillRegistry({ ...options, decidedAt, staleSince })
      const outcomeOf = async (repeatTags: number) => {
        const state = join(directory, `${repeatTags}.db`)
        const task = { registry: registry.host, key: keys.trusted.publicKey, state, named, repeatTags }
        return (await audit(task))!
      }
      const few = await outcomeOf(25)
      const many = await outcomeOf(2500)
      process.stderr.write(
        `${few.summary.tags} tags: ${few.peakMiB.toFixed(0)} MiB; ${many.summary.tags} tags: ${many.peakMiB.toFixed(0)} MiB\n`,
      )
      expect(many.summary.tags).toBeGreaterThan(100_000)
      expect(many.summary.classes).toEqual(filled.classes)
      expect(few.summary.classes).toEqual(filled.classes)
      if (isBuilt) expect(many.peakMiB).toBeLessThan(mostMiB)
      expect(many.peakMiB - few.peakMiB).toBeLessThan(64)
    } finally {
      await registry.stop()
      await rm(directory, { recursive: true, force: true })
    }
  })
})
