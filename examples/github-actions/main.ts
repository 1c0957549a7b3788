// Runs the workflow of this folder between two registries in this process: an image that passes, and one that is stopped.
import { strict as assert } from 'node:assert'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { checkLinks } from '../checks/check-links.ts'
import { servePacked } from '../checks/serve-packed.ts'
import { prepareJob } from './prepare.ts'
import { runWorkflow } from './run-workflow.ts'

const here = import.meta.dirname
await checkLinks(join(here, 'README.md'))
const folder = await mkdtemp(join(tmpdir(), 'sallyport-github-'))
try {
  await using packages = await servePacked(join(folder, 'global'))
  await using around = await prepareJob(folder)
  for (const file of ['gate.yaml', 'sallyport.yaml']) await cp(join(here, file), join(folder, file))
  const { build, production, secrets, user } = around
  const run = (image: string) =>
    runWorkflow(join(here, '.github', 'workflows', 'promote.yaml'), {
      folder,
      environment: packages.environment,
      contexts: {
        inputs: { image },
        vars: { BUILD_REGISTRY: build.host, PRODUCTION_REGISTRY: production.host, PRODUCTION_USER: user },
        secrets,
        github: { run_id: '1' },
      },
    })
  const outcomes = (steps: Awaited<ReturnType<typeof run>>) =>
    Object.fromEntries(
      steps.filter(({ outcome }) => outcome !== 'not run').map((step) => [step.name, step.outcome]),
    )
  const outputs = (steps: Awaited<ReturnType<typeof run>>) => steps.map(({ output }) => output).join('')

  const good = await run('team/good:1')
  const common = { install: 'success', advisories: 'success', summary: 'success' } as const
  const passed = {
    promote: 'success',
    'verify as a consumer would': 'success',
    'what was stopped': 'skipped',
  }
  assert.deepEqual(outcomes(good), { ...common, ...passed }, outputs(good))
  assert(production.resolve('team/good', '1'))
  assert.match(await readFile(join(folder, 'summary.md'), 'utf8'), /PASS/)
  for (const secret of Object.values(secrets)) assert(!outputs(good).includes(secret.trim()))

  const bad = await run('team/bad:1')
  const stopped = {
    promote: 'failure',
    'verify as a consumer would': 'skipped',
    'what was stopped': 'success',
  }
  assert.deepEqual(outcomes(bad), { ...common, ...stopped }, outputs(bad))
  assert.equal(production.resolve('team/bad', '1'), undefined)
  assert.match(await readFile(join(folder, 'summary.md'), 'utf8'), /CVE-2026-0002/)
  assert.match(bad.find(({ name }) => name === 'what was stopped')?.output ?? '', /team\/bad:1/)
} finally {
  await rm(folder, { recursive: true, force: true })
}
