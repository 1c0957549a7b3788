import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createHostLimiter } from '../http/host-limiter.ts'
import { startRawServer } from '../testing/raw-server.ts'
import { collect, sampleImage } from '../testing/sample-image.ts'
import { createRegistryClient, type RegistryClientOptions } from './create-registry-client.ts'
import { singleChunk } from '../internal/single-chunk.ts'
import type { RegistryRepository } from './registry-repository.ts'

const { blobs } = sampleImage([3_000_000])
const { blob, bytes } = blobs[1]!
const hour = 60 * 60_000
const slowly: RegistryClientOptions = { retry: { baseDelayMs: hour, maxDelayMs: hour } }
const read = ({ getManifest }: RegistryRepository): Promise<unknown> => getManifest('v1')
const unavailable = 'HTTP/1.1 503 x\r\ncontent-length: 0\r\n\r\n'
const tooMany = 'HTTP/1.1 429 x\r\nretry-after: 3000\r\ncontent-length: 0\r\n\r\n'
const signIn = 'HTTP/1.1 401 x\r\nwww-authenticate: Basic realm="x"\r\ncontent-length: 0\r\n\r\n'
const beginning = `HTTP/1.1 200 OK\r\ncontent-length: ${blob.size}\r\n\r\nx`

/** An answer, what is asked for, options, and what tells that it waits. */
const waits: [string, string, (each: RegistryRepository) => Promise<unknown>, RegistryClientOptions][] = [
  ['for an answer', '', read, slowly],
  ['to ask again', unavailable, read, slowly],
  ['as it was told to', tooMany, read, slowly],
  ['for the rest of a blob', beginning, (each) => collect(each.open(blob)), slowly],
  ['to send a blob', '', (each) => each.write(blob, singleChunk(bytes)), slowly],
  ['for credentials', signIn, read, { ...slowly, credentials: { find: (_, o) => never(o?.signal) } }],
]

describe('close', () => {
  it.each(waits)('ends a call that waits %s', async (_, answer, act, options) => {
    const asked = Promise.withResolvers<void>()
    await using server = await startRawServer((socket) => {
      socket.write(answer)
      asked.resolve()
    })
    const client = createRegistryClient({ ...options, onRequest: () => asked.resolve() })
    const call = act(client.repository({ registry: server.host, repository: 'team/app' })).catch(
      (error: unknown) => error,
    )
    await asked.promise
    await client.close()
    expect(await call).toMatchObject({ name: 'OciError', code: 'REGISTRY_UNREACHABLE' })
  })

  it('ends calls that wait for their host, and those of nobody else', async () => {
    const limiter = createHostLimiter({ requests: 4 })
    await using server = await startRawServer(() => undefined)
    const name = { registry: server.host, repository: 'team/app' }
    const held = await Promise.all([1, 2, 3, 4].map(() => limiter.acquire(server.host, 'small')))
    const client = createRegistryClient({ ...slowly, limiter })
    const call = client.repository(name).getManifest('v1')
    const other = limiter.acquire(server.host, 'small')
    await client.close()
    await expect(call).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    held[0]?.()
    ;(await other)()
  })

  it('leaves nothing to be asked', async () => {
    await using server = await startRawServer((socket) => socket.write(unavailable))
    const client = createRegistryClient(slowly)
    const repository = client.repository({ registry: server.host, repository: 'team/app' })
    await client.close()
    await expect(repository.getManifest('v1')).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
    expect(server.seen).toEqual([])
  })

  it.each([
    ['waits to ask again', unavailable],
    ['waits as it was told to', tooMany],
    ['has its answer', 'HTTP/1.1 404 x\r\ncontent-length: 0\r\n\r\n'],
    ['has half an answer', 'HTTP/1.1 200 x\r\ncontent-length: 10\r\n\r\nhalf'],
  ])('lets the process end by itself when a call %s', async (_, answer) => {
    await using server = await startRawServer((socket) => socket.write(answer))
    const program = `
      const { createRegistryClient } = await import(${JSON.stringify(new URL('create-registry-client.ts', import.meta.url))})
      const asked = Promise.withResolvers()
      const retry = { baseDelayMs: ${hour}, maxDelayMs: ${hour} }
      const client = createRegistryClient({ retry, onRequest: asked.resolve })
      const call = client.repository({ registry: ${JSON.stringify(server.host)}, repository: 'team/app' }).getManifest('v1')
      const ended = call.catch(() => console.log('ended'))
      await asked.promise
      await client.close()
      await ended`
    const flags = ['--conditions=@sallyport/source', '--unhandled-rejections=strict', '--input-type=module']
    const run = promisify(execFile)(process.execPath, [...flags, '-e', program], { timeout: 30_000 })
    expect((await run).stdout).toBe('ended\n')
  })
})

function never(signal: AbortSignal | undefined): Promise<undefined> {
  return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))
}
