import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { type Descriptor, digestOf } from '@sallyport/core'
import { createRegistryClient, type UploadRules } from '@sallyport/oci'
import { startDistribution, startDockerRegistry, startOlareg } from '@sallyport/test-tools'
import { startRegistry } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCountingProxy } from './counting-proxy.ts'
import type { UploadTask } from './upload-child.ts'

const mib = 1024 * 1024
const bytes = randomBytes(24 * mib)
const blob: Descriptor = {
  mediaType: 'application/octet-stream',
  digest: digestOf(bytes),
  size: bytes.byteLength,
}
let directory: string
let file: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-uploads-'))
  file = join(directory, 'content')
  await writeFile(file, bytes)
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/**
 * Bytes after a cut at 14 of 24 MiB. In chunks of 4 MiB 12 were acknowledged, and a chunk that meets the rest of its earlier
 * try is sent again. Of a whole blob what was still on its way goes with the connection.
 */
function mostAfterCut(mode: 'chunked' | 'whole'): number {
  return mode === 'chunked' ? 16 * mib + 20_000 : 20 * mib
}

const newFolder = (): Promise<string> => mkdtemp(join(directory, 'x-'))
const registries = [
  { name: 'our embedded registry', start: async () => startRegistry(), keepsCutRequests: true },
  {
    name: 'olareg',
    start: async () => startOlareg({ directory: await newFolder() }),
    keepsCutRequests: true,
  },
  // It ends an upload of which more has arrived than its last answer said.
  {
    name: 'docker-registry',
    start: async () => startDockerRegistry({ directory: await newFolder() }),
    keepsCutRequests: false,
  },
  {
    name: 'distribution 3',
    start: async () => startDistribution({ directory: await newFolder() }),
    keepsCutRequests: true,
  },
]

describe.each(registries)('an upload to $name', ({ start, keepsCutRequests }) => {
  it('goes on in a new process after a kill between two chunks', async () => {
    await using registry = await start()
    await using proxy = await startCountingProxy(registry.host)
    const task = await newTask(proxy.host, 'chunked')
    const child = startChild({ ...task, stopAt: 12 * mib })
    expect(await child.firstLine).toBe('reached')
    await child.kill()
    expect(await readdir(task.states)).toHaveLength(1)

    proxy.reset()
    expect(await startChild(task).firstLine).toBe('uploaded')
    expect(proxy.bytes).toBeGreaterThan(12 * mib)
    expect(proxy.bytes).toBeLessThan(12 * mib + 20_000)
    expect(await readdir(task.states)).toEqual([])
    await expectBlob(registry.host)
  })

  it.each(['chunked', 'whole'] as const)(
    'ends right in a new process after a kill within a request (%s)',
    async (mode) => {
      await using registry = await start()
      await using proxy = await startCountingProxy(registry.host)
      const task = await newTask(proxy.host, mode)
      proxy.reset({ stopAt: 14 * mib })
      const child = startChild(task)
      await proxy.reached
      await child.kill()

      proxy.reset()
      expect(await startChild(task).firstLine).toBe('uploaded')
      if (keepsCutRequests) expect(proxy.bytes).toBeLessThan(mostAfterCut(mode))
      else expect(proxy.bytes).toBeGreaterThan(24 * mib)
      await expectBlob(registry.host)
    },
  )

  it.each(['chunked', 'whole'] as const)('goes on in the same process after a cut (%s)', async (mode) => {
    await using registry = await start()
    await using proxy = await startCountingProxy(registry.host)
    await using client = createRegistryClient({ uploads: { mode } })
    const repository = client.repository({ registry: proxy.host, repository: 'team/app' })
    // What a repository reads can be started again.
    await using source = await startRegistry()
    const from = client.repository({ registry: source.host, repository: 'team/source' })
    await from.write(blob, createReadStream(file))

    proxy.reset({ stopAt: 14 * mib })
    const outcome = repository.putBlob(blob, from.open(blob))
    await proxy.reached
    proxy.reset()
    expect(await outcome).toBe('uploaded')
    if (keepsCutRequests) expect(proxy.bytes).toBeLessThan(mostAfterCut(mode))
    else expect(proxy.bytes).toBeGreaterThan(24 * mib)
    await expectBlob(registry.host)
  })

  it.each<[string, UploadRules]>([
    ['whole', { mode: 'whole' }],
    ['in chunks', { mode: 'chunked' }],
    ['in chunks of an odd length', { mode: 'chunked', chunkBytes: 1_234_567 }],
    ['in chunks, the last with the end', { mode: 'chunked', lastChunk: 'put' }],
  ])('sends a blob %s', async (_, uploads) => {
    await using registry = await start()
    await using client = createRegistryClient({ uploads })
    const repository = client.repository({ registry: registry.host, repository: 'team/app' })
    expect(await repository.putBlob(blob, createReadStream(file))).toBe('uploaded')
    await expectBlob(registry.host)
  })
})

describe('an upload to our embedded registry', () => {
  it('sends no byte twice to a registry that counts them', async () => {
    await using registry = await startRegistry()
    const task = await newTask(registry.host, 'chunked')
    const child = startChild({ ...task, stopAt: 8 * mib })
    expect(await child.firstLine).toBe('reached')
    await child.kill()
    expect(received()).toBe(8 * mib)
    expect(await startChild(task).firstLine).toBe('uploaded')
    expect(received()).toBe(24 * mib)

    function received(): number {
      return registry.requests.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0)
    }
  })

  it.each<[string, Parameters<typeof startRegistry>[0] & {}, UploadRules]>([
    ['that takes at most 1 MiB in a PATCH', { quirks: { maxPatchBytes: mib } }, { mode: 'chunked' }],
    ['that wants at least 5 MiB in a PATCH', { quirks: { minPatchBytes: 5 * mib } }, { mode: 'chunked' }],
    [
      'that does not check which location is used',
      { quirks: { checksUploadState: false } },
      { mode: 'chunked' },
    ],
    ['that names full URLs', { quirks: { absoluteLocations: true } }, { mode: 'chunked' }],
  ])('works with one %s', async (_, options, uploads) => {
    await using registry = await startRegistry(options)
    await using client = createRegistryClient({ uploads })
    const repository = client.repository({ registry: registry.host, repository: 'team/app' })
    expect(await repository.putBlob(blob, createReadStream(file))).toBe('uploaded')
    await expectBlob(registry.host)
  })

  it('becomes one in chunks, from where it was, when the connection is cut each time', async () => {
    let cuts = 0
    await using registry = await startRegistry({
      onRequest: ({ kind, method }) =>
        kind === 'upload' && (method === 'PUT' || method === 'PATCH') && cuts++ < 3
          ? { type: 'drop-connection', afterBytes: 3 * mib }
          : undefined,
    })
    await using client = createRegistryClient({ sleep: async () => {} })
    const target = client.repository({ registry: registry.host, repository: 'team/app' })
    await using source = await startRegistry()
    const from = client.repository({ registry: source.host, repository: 'team/source' })
    await from.write(blob, createReadStream(file))
    expect(await target.putBlob(blob, from.open(blob))).toBe('uploaded')
    const sent = registry.requests.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0)
    expect(sent).toBeLessThan(30 * mib)
    await expectBlob(registry.host)
  })

  it('mounts with one request, and uploads where mounting is off', async () => {
    for (const mount of [true, false]) {
      await using registry = await startRegistry({ quirks: { mount } })
      await using client = createRegistryClient()
      const [from, to] = ['team/app', 'team/other'].map((repository) =>
        client.repository({ registry: registry.host, repository }),
      )
      await from!.write(blob, createReadStream(file))
      registry.clearRequests()
      const outcome = await to!.putBlob(blob, createReadStream(file), { mountFrom: 'team/app' })
      expect(outcome).toBe(mount ? 'mounted' : 'uploaded')
      expect(registry.requests.map(({ method }) => method)).toEqual(
        mount ? ['POST'] : ['POST', 'HEAD', 'PUT'],
      )
    }
  })
})

async function newTask(registry: string, mode: UploadTask['mode']): Promise<UploadTask> {
  const states = join(await newFolder(), 'states')
  await mkdir(states)
  return { registry, file, digest: blob.digest, size: blob.size, states, mode }
}

/** Reads the blob past the proxy and hashes it. */
async function expectBlob(registry: string): Promise<void> {
  await using client = createRegistryClient()
  const repository = client.repository({ registry, repository: 'team/app' })
  let read = 0
  for await (const chunk of repository.open(blob)) read += chunk.byteLength
  expect(read).toBe(blob.size)
}

interface Child {
  readonly firstLine: Promise<string>
  kill(): Promise<void>
}

function startChild(task: UploadTask): Child {
  const script = new URL('upload-child.ts', import.meta.url).pathname
  const child: ChildProcess = spawn(
    process.execPath,
    ['--conditions=@sallyport/source', script, JSON.stringify(task)],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  let output = ''
  let errors = ''
  child.stderr!.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const ended = once(child, 'close')
  const firstLine = new Promise<string>((resolve, reject) => {
    child.stdout!.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      if (output.includes('\n')) resolve(output.slice(0, output.indexOf('\n')))
    })
    child.once('close', () => reject(new Error(`the child ended without a word: ${errors.slice(-2000)}`)))
  })
  firstLine.catch(() => {})
  return {
    firstLine,
    async kill() {
      child.kill('SIGKILL')
      await ended
      expect(child.signalCode).toBe('SIGKILL')
    },
  }
}
