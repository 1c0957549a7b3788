import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { generateSigningKey, readEvidence } from '@sallyport/attest'
import { sqliteJournal, type StepName, stepNames } from '@sallyport/gate'
import { createRegistryClient, parseIndex, parseReference } from '@sallyport/oci'
import { startRegistry, type TestRegistry } from '@sallyport/testkit'
import { imageLayout } from '@sallyport/test-images'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ChildTask } from './promote-child.ts'

const keys = { evidence: generateSigningKey(), release: generateSigningKey() }
const now = '2026-11-25T12:00:00.000Z'
// The smallest real image that hardening changes, in its index.
const platforms = ['linux/arm64/v8']
let directory: string
let source: string
let undisturbed: unknown

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-kill-'))
  const { directory: layout, tag } = await imageLayout('multi')
  source = `oci:${layout}:${tag}`
  await using registry = await startRegistry()
  const work = await newFolder('undisturbed')
  const { outcome } = await runChild({
    from: source,
    to: `${registry.host}/prod/app:1`,
    work,
    keys,
    now,
    platforms,
  })
  expect(outcome).toMatchObject({ verdict: 'pass' })
  undisturbed = await describeTarget(registry)
  expect(undisturbed).toMatchObject({ tag: expect.stringMatching(/^sha256:/) })
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const steps = stepNames.filter((step): step is Exclude<StepName, 'quarantine'> => step !== 'quarantine')

describe.each(steps.flatMap((step) => [`step-started ${step}`, `step-finished ${step}`]))(
  'killed at %s',
  (killAt) => {
    it('leaves no tag before everything verified, and the next run ends in the undisturbed state', async () => {
      await using registry = await startRegistry()
      const task = {
        from: source,
        to: `${registry.host}/prod/app:1`,
        work: await newFolder(killAt),
        keys,
        now,
        platforms,
      }

      const killed = await runChild({ ...task, killAt })
      expect(killed.signal).toBe('SIGKILL')
      const left = await describeTarget(registry)
      if (left.tag !== undefined) expect(left).toEqual(undisturbed)

      const { outcome } = await runChild(task)
      expect(outcome).toMatchObject({ verdict: 'pass' })
      expect(await describeTarget(registry)).toEqual(undisturbed)
      await using journal = sqliteJournal(join(task.work, 'journal.db'))
      expect((await journal.list()).items).toMatchObject([{ verdict: 'pass' }])
    })
  },
)

/** The state of the target as a consumer sees it; signatures are random, so evidence is compared by what it says. */
async function describeTarget(registry: TestRegistry) {
  await using client = createRegistryClient()
  const repository = client.repository(parseReference(`${registry.host}/prod/app:1`))
  const tags = (await Array.fromAsync(repository.listTags()).catch(() => [])).sort()
  const root = await repository.findManifest('1')
  if (!root) return { tag: undefined, tags: tags.filter((tag) => !tag.startsWith('sha256-')) }
  const subjects = [root.descriptor.digest, ...parseIndex(root).manifests.map(({ digest }) => digest)]
  const evidence = []
  for (const subject of subjects) {
    const { verified, rejected } = await readEvidence(repository, subject, {
      keys: [keys.evidence.publicKey, keys.release.publicKey],
    })
    expect(rejected).toEqual([])
    evidence.push(
      ...verified.map(
        ({ store, signer, statement }) =>
          `${subject} ${store} ${JSON.stringify(signer)} ${statement.predicateType}`,
      ),
    )
  }
  return { tag: root.descriptor.digest, tags, evidence: evidence.sort() }
}

async function newFolder(name: string): Promise<string> {
  const folder = join(directory, name.replaceAll(' ', '-'))
  await mkdir(folder, { recursive: true })
  return folder
}

async function runChild(task: ChildTask): Promise<{ signal: string | null; outcome: unknown }> {
  const child = spawn(
    process.execPath,
    [
      '--conditions=@sallyport/source',
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'promote-child.ts'),
      JSON.stringify(task),
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [output, [, signal]] = await Promise.all([
    text(child.stdout),
    once(child, 'exit') as Promise<[number | null, string | null]>,
  ])
  return { signal, outcome: output === '' ? undefined : (JSON.parse(output) as unknown) }
}
