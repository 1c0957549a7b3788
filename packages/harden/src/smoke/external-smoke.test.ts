import { chmod, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Image, openImage } from '@sallyport/image'
import { createImage } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { dockerSmoke, podmanSmoke } from './engine-smoke.ts'
import { kubernetesJobSmoke } from './kubernetes-job-smoke.ts'

let directory: string
let image: Image
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'external-smoke-'))
  const source = createImage({ layers: [{ files: { '/a': 'a' } }], config: { Entrypoint: ['/a'] } })
  image = await openImage(source, source.raw, { directory })
})
afterEach(async () => {
  await image[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

/** A program that records how it is called, and does what a shell text says. */
async function program(body: string) {
  const path = join(directory, 'program')
  await writeFile(path, `#!/bin/sh\necho "$*" >> ${directory}/calls\n${body}\n`)
  await chmod(path, 0o755)
  return path
}
const calls = async () =>
  (await readFile(join(directory, 'calls'), 'utf8'))
    .replaceAll(directory, '')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'ID')
    .replaceAll(/sallyport-smoke-\w{6}\//g, '')
    .trim()
    .split('\n')
const load = `case $1 in load) tar -tf "$3" | grep -q '^blobs/sha256/' && tar -tf "$3" | grep -qx index.json || exit 3; echo "Loaded image: ref:x";; image) exit 1;; `

describe('dockerSmoke', () => {
  it('loads the image, runs it apart, and removes both', async () => {
    const executable = await program(`${load} run) echo out; echo err >&2;; esac`)
    const smoke = dockerSmoke({
      executable,
      directory,
      command: ['/bin/sh', '-c', 'true'],
      runOptions: ['--memory=1g'],
    })
    expect(await smoke.run(image)).toEqual({
      status: 'passed',
      exitCode: 0,
      stdout: 'out\n',
      stderr: 'err\n',
      answers: [],
    })
    const digests = [image.manifest.config.digest, image.raw.descriptor.digest]
    expect(await calls()).toEqual([
      ...digests.map((digest) => `image inspect --format={{.Id}} ${digest}`),
      'load --input /image.tar',
      'run --rm --name=sallyport-smoke-ID --network=none --memory=1g --entrypoint=/bin/sh ref:x -c true',
      'rm --force sallyport-smoke-ID',
      'rmi --force ref:x',
    ])
    expect((await readdir(directory)).filter((name) => name.startsWith('sallyport-smoke-'))).toEqual([])
  })

  it('does not remove an image that was there before', async () => {
    const executable = await program(`case $1 in load) echo "Loaded image ID: sha256:1";; esac`)
    await dockerSmoke({ executable, directory }).run(image)
    expect((await calls()).filter((call) => call.startsWith('rmi'))).toEqual([])
  })

  it.each([
    ['a failure', 'exit 7', { status: 'failed', exitCode: 7 }],
    ['a command that does not end', 'sleep 1000 & sleep 1000', { status: 'timed-out' }],
  ])('tells of %s, and cleans up', async (_, body, expected) => {
    const executable = await program(`${load} run) ${body};; esac`)
    // Long enough for the program to begin: it is waited for anyway.
    expect(await dockerSmoke({ executable, directory, timeoutMs: 2000 }).run(image)).toMatchObject(expected)
    expect((await calls()).slice(-2)).toEqual(['rm --force sallyport-smoke-ID', 'rmi --force ref:x'])
  })

  it.each([
    ['is not there', async () => join(directory, 'nothing')],
    ['does not load the image', () => program('echo no >&2; exit 1')],
    ['names an option instead of an image', () => program('echo "Loaded image: --privileged"')],
    ['fails itself', () => program(`${load} run) exit 125;; esac`)],
  ])('is unavailable when the engine %s', async (_, make) => {
    const executable = await make()
    await expect(podmanSmoke({ executable, directory }).run(image)).rejects.toMatchObject({
      code: 'SMOKE_UNAVAILABLE',
    })
  })
})

describe('kubernetesJobSmoke', () => {
  const reference = () => 'registry.example/x@sha256:0'
  it('creates a job, waits for its end, reads its output, and deletes it', async () => {
    const executable = await program(
      `case $2 in create) cat > ${join(directory, 'job.json')};; get) [ -e ${directory}/seen ] && echo '{"status":{"succeeded":1}}' || { : > ${directory}/seen; echo '{}'; };; logs) echo out;; esac`,
    )
    const smoke = kubernetesJobSmoke({
      reference,
      executable,
      namespace: 'test',
      command: ['/run'],
      intervalMs: 1,
      pod: { nodeName: 'n' },
    })
    expect(await smoke.run(image)).toMatchObject({ status: 'passed', stdout: 'out\n' })
    expect(await calls()).toEqual([
      '--namespace=test create --filename=-',
      '--namespace=test get job sallyport-smoke-ID --output=json',
      '--namespace=test get job sallyport-smoke-ID --output=json',
      '--namespace=test logs job/sallyport-smoke-ID --tail=-1 --limit-bytes=1048576',
      '--namespace=test delete job sallyport-smoke-ID --ignore-not-found --wait=false',
    ])
    expect(JSON.parse(await readFile(join(directory, 'job.json'), 'utf8'))).toMatchObject({
      kind: 'Job',
      spec: {
        backoffLimit: 0,
        activeDeadlineSeconds: 60,
        template: {
          spec: {
            restartPolicy: 'Never',
            automountServiceAccountToken: false,
            nodeName: 'n',
            containers: [{ name: 'smoke', image: 'registry.example/x@sha256:0', command: ['/run'] }],
          },
        },
      },
    })
  })

  it('is unavailable when kubectl fails, and deletes what may be there', async () => {
    const executable = await program('case $2 in create) echo denied >&2; exit 1;; esac')
    await expect(kubernetesJobSmoke({ reference, executable }).run(image)).rejects.toMatchObject({
      code: 'SMOKE_UNAVAILABLE',
      message: expect.stringContaining('denied') as string,
    })
    expect((await calls()).at(-1)).toContain('delete job')
  })
})
