// Runs the code of docs/guides/behaviour.md on recordings of a service that does not exist.
import { strict as assert } from 'node:assert'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { generateSigningKey, keySigner } from '@sallyport/attest'
import { openImage } from '@sallyport/image'
import { createRegistryClient } from '@sallyport/oci'
import type { LearningProfile, RunPhase } from '@sallyport/runtime/behaviour'
import { pushImage, startRegistry } from '@sallyport/testkit'
import { sampleImage } from '../hardening/write-samples.ts'
import { checkDocuments } from './check-documents.ts'
import { approve } from './guide/approve.ts'
import { enforce } from './guide/enforce.ts'
import { exportFilters } from './guide/export-filters.ts'
import { executedPackages } from './guide/feed-hardener.ts'
import { learnRun } from './guide/learn-run.ts'
import { inherit } from './guide/next-image.ts'
import { propose } from './guide/propose.ts'
import { readProfile } from './guide/read-profile.ts'
import { watch } from './guide/watch.ts'
import { connection, recording, start } from './sample-events.ts'

await checkDocuments()

const folder = await mkdtemp(join(tmpdir(), 'sallyport-behaviour-'))
const back = process.cwd()
process.chdir(folder)
await using registry = await startRegistry()
await using client = createRegistryClient()
const repository = client.repository({ registry: registry.host, repository: 'shop/cart' })

try {
  await pushImage(repository, sampleImage, '2.1')
  await using image = await openImage(repository, await repository.getManifest('2.1'))
  const { descriptor } = image.raw
  const phases: readonly RunPhase[] = ['start', 'load', 'reload', 'probe', 'shutdown']
  const runs: LearningProfile[] = []
  for (const run of [1, 2, 3, 4]) {
    await writeFile('run.strace', recording(Date.UTC(2026, 0, run)))
    runs.push(await learnRun(image, 'run.strace', `ci-${run}`, phases))
  }
  assert.equal(propose(runs.slice(0, 3)), undefined)
  const candidate = propose(runs)
  assert(candidate)

  const keys = await generateSigningKey()
  const profile = await approve(candidate, repository, descriptor, await keySigner(keys.privateKey))
  const read = await readProfile(repository, descriptor.digest, keys.publicKey)
  assert.deepEqual(read, profile)

  const usual = `${start('/usr/bin/app')}\n${connection('10.0.0.7', 5432)}\n`
  const quiet = await watch(usual, read, descriptor.digest)
  assert.equal(quiet.state, 'expected')
  const told: string[] = []
  const attacked = `${usual}${start('/usr/bin/drain')}\n${connection('203.0.113.66', 4444)}\n`
  const loud = await watch(attacked, read, descriptor.digest, (line) => told.push(line))
  assert.deepEqual([loud.verdict, told.length], ['fail', 2])

  assert.equal(enforce(profile, loud), undefined)
  const enforced = enforce(profile, quiet)
  assert(enforced)
  assert.equal(inherit(enforced, image).state, 'candidate')

  await exportFilters(profile, image)
  assert.match(await readFile('cart.seccomp.json', 'utf8'), /"SCMP_ARCH_X86_64"/)
  assert.match(await readFile('cart.apparmor', 'utf8'), /"\/usr\/bin\/app" mrix,/)
  assert.deepEqual(await executedPackages(image, profile), ['app'])
} finally {
  process.chdir(back)
  await rm(folder, { recursive: true, force: true })
}
