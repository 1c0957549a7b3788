// Runs the code of docs/guides/engines.md: a promotion by Argo's steps, and one on DBOS with two workers.
import { strict as assert } from 'node:assert'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { generateSigningKey } from '@sallyport/attest'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { findPostgres, startPostgres } from '@sallyport/test-tools'
import { createImage, pushImage, startRegistry } from '@sallyport/testkit'
import { checkGuide } from '../checks/check-guide.ts'
import { checkLinks } from '../checks/check-links.ts'
import { notRun } from '../checks/not-run.ts'
import { runWorkflow } from './argo/run-workflow.ts'
import { enqueuePromotion } from './guide/enqueue-promotion.ts'

const here = import.meta.dirname
const examples = join(here, '..')
const guide = join(examples, '..', 'docs', 'guides', 'engines.md')
await checkGuide(guide, join(here, 'guide'))
await checkLinks(guide)

const folder = await mkdtemp(join(tmpdir(), 'sallyport-engines-'))
const gateDirectory = join(folder, 'gate')
await mkdir(gateDirectory)
await copyFile(join(examples, 'gate.yaml'), join(gateDirectory, 'gate.yaml'))
await copyFile(join(examples, 'demo', 'advisories.json'), join(gateDirectory, 'advisories.json'))
for (const name of ['evidence.key', 'release.key'])
  await writeFile(join(gateDirectory, name), generateSigningKey().privateKey)

await writeFile(join(gateDirectory, 'reviewers.pub'), generateSigningKey().publicKey)

await using build = await startRegistry()
await using production = await startRegistry()
await using client = createRegistryClient()
const stanza = (name: string): string =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1.0\nDescription: of an example\n`
const image = createImage({
  layers: [
    {
      files: {
        '/etc/os-release': 'ID=debian\nVERSION_ID=12\n',
        '/usr/bin/app': { content: 'an executable', mode: 0o755 },
        '/usr/bin/left-over': { content: 'a tool of the build', mode: 0o755 },
        '/var/lib/dpkg/status': `${stanza('app')}\n${stanza('left-over')}`,
        '/var/lib/dpkg/info/app.list': '/etc/os-release\n/usr/bin/app\n',
        '/var/lib/dpkg/info/left-over.list': '/usr/bin/left-over\n',
      },
    },
  ],
  config: { Entrypoint: ['/usr/bin/app'] },
})
const from = `${build.host}/team/app:1.4`
await pushImage(client.repository(parseReference(from)), image, '1.4')

try {
  const steps = ['resolve', 'prepare', 'attest', 'verify', 'publish', 'record']
  const to = `${production.host}/team/app:1.4`
  const runs = await runWorkflow({
    parameters: { from, to, tier: 'prod' },
    directory: join(folder, 'pods'),
    gateDirectory,
    evict: { task: 'attest', afterMs: 300 },
  })
  assert.deepEqual([...runs.keys()], steps)
  assert.equal(runs.get('attest')?.tries, 2)
  assert.ok(production.resolve('team/app', '1.4'))
  // Nothing to do any more: only `resolve` runs.
  const again = await runWorkflow({
    parameters: { from, to, tier: 'prod' },
    directory: join(folder, 'pods-again'),
    gateDirectory,
  })
  assert.deepEqual([...again.keys()], ['resolve'])

  if (await findPostgres()) await promoteOnDbos()
  else notRun('the part on DBOS', 'PostgreSQL is not there')
} finally {
  await rm(folder, { recursive: true, force: true })
}

async function promoteOnDbos(): Promise<void> {
  await chmod(folder, 0o711)
  await using postgres = await startPostgres({ directory: join(folder, 'postgres') })
  const to = `${production.host}/team/app:1.5`
  // Whoever enqueues comes first: it also sets the database up.
  const promoted = enqueuePromotion(postgres.url, from, to)
  const workers = [startWorker(postgres.url), startWorker(postgres.url)]
  try {
    assert.equal(await promoted, `${to}@${production.resolve('team/app', '1.5')}`)
  } finally {
    for (const worker of workers) {
      const ended = once(worker, 'exit')
      worker.kill('SIGTERM')
      await ended
    }
  }
}

function startWorker(databaseUrl: string) {
  return spawn(process.execPath, ['--conditions=@sallyport/source', join(here, 'worker.ts'), databaseUrl], {
    cwd: gateDirectory,
    stdio: 'inherit',
    env: { ...process.env, NODE_NO_WARNINGS: '1' },
  })
}
