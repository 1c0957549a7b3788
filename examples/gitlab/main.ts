// Runs the jobs of this folder between two registries in this process: a plan, an image that passes, one that is stopped.
import { strict as assert } from 'node:assert'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { createRegistryClient, parseReference } from '@sallyport/oci'
import { toolPath } from '@sallyport/test-tools'
import { pushImage } from '@sallyport/testkit'
import { checkLinks } from '../checks/check-links.ts'
import { notRun } from '../checks/not-run.ts'
import { servePacked } from '../checks/serve-packed.ts'
import { sampleImage } from '../gate/write-samples.ts'
import { prepareJob } from '../github-actions/prepare.ts'

const here = import.meta.dirname
await checkLinks(join(here, 'README.md'))
if (toolPath('rsync') === undefined) {
  notRun('the jobs of GitLab', 'rsync is not there, which gitlab-ci-local needs')
  process.exit()
}
const runner = createRequire(import.meta.url).resolve('gitlab-ci-local')
const folder = await mkdtemp(join(tmpdir(), 'sallyport-gitlab-'))

/** Runs a program to its end; resolves with its exit code and what it printed. */
function run(program: string, words: readonly string[], env: object): Promise<[number, string]> {
  return new Promise((settle) => {
    const options = { cwd: join(folder, 'project'), env: { ...env }, timeout: 300_000 }
    execFile(program, words, options, (error, stdout, stderr) =>
      settle([error ? Number(error.code ?? 1) : 0, stdout + stderr]),
    )
  })
}

try {
  await using packages = await servePacked(join(folder, 'global'))
  const project = join(folder, 'project')
  await mkdir(project)
  for (const file of ['.gitlab-ci.yml', 'gate.yaml', 'sallyport.yaml'])
    await cp(join(here, file), join(project, file))
  await using around = await prepareJob(project)
  const { build, production, secrets, user } = around
  const git = async (...words: readonly string[]) => {
    const [code, text] = await run('git', words, process.env)
    assert.equal(code, 0, text)
    return text.trim()
  }
  await git('init', '--quiet', '--initial-branch=main')
  await git('add', '.gitlab-ci.yml', 'gate.yaml', 'sallyport.yaml', 'release.pub', 'advisories.pub')
  await git('-c', 'user.name=CI', '-c', 'user.email=ci@example.org', 'commit', '--quiet', '--message=first')
  await git('remote', 'add', 'origin', 'git@gitlab.example:team/good.git')

  const job = (name: string, variables: Readonly<Record<string, string>>) => {
    const all = { BUILD_REGISTRY: build.host, PRODUCTION_REGISTRY: production.host, ...variables }
    const options = Object.entries(all).flatMap(([key, value]) => ['--variable', `${key}=${value}`])
    return run(
      process.execPath,
      [runner, name, '--force-shell-executor', '--home', folder, ...options],
      packages.environment,
    )
  }

  // A merge request: the image of its commit.
  await using client = createRegistryClient()
  const short = await git('rev-parse', '--short=8', 'HEAD')
  await pushImage(client.repository(parseReference(`${build.host}/team/good`)), sampleImage(), short)
  const [planned, plan] = await job('plan', { CI_PIPELINE_SOURCE: 'merge_request_event' })
  assert.equal(planned, 0, plan)
  assert.equal(production.resolve('team/good', short), undefined)

  // Tags: one image passes, another is stopped.
  const forTag = { ...secrets, PRODUCTION_USER: user, CI_COMMIT_TAG: '1' }
  const [promoted, log] = await job('promote', forTag)
  assert.equal(promoted, 0, log)
  assert(production.resolve('team/good', '1'))
  for (const secret of Object.values(secrets)) assert(!log.includes(secret.trim()))
  await git('remote', 'set-url', 'origin', 'git@gitlab.example:team/bad.git')
  const [stopped, why] = await job('promote', forTag)
  assert.equal(stopped, 1, why)
  assert.equal(production.resolve('team/bad', '1'), undefined)
  assert.match(why, /CVE-2026-0002/)
  const artifact = join(project, '.gitlab-ci-local', 'artifacts', 'promote', 'decision.json')
  assert(existsSync(artifact), why)
  assert.match(await readFile(artifact, 'utf8'), /"verdict": ?"fail"/)
} finally {
  await rm(folder, { recursive: true, force: true })
}
