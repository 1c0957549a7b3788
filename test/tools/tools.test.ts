import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  findPostgres,
  requireTool,
  startDistribution,
  startDockerRegistry,
  startOlareg,
  startPostgres,
  startRealSigstore,
  toolPath,
} from './tools.ts'
import type { RunningRegistry } from './tools.ts'

let directory: string
beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'sallyport-tools-'))))
afterEach(() => rm(directory, { recursive: true, force: true }))

const digestOf = (bytes: Uint8Array): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Pushes one blob and one manifest with a tag, by hand. */
async function push({ host }: RunningRegistry, headers: Record<string, string> = {}): Promise<string[]> {
  const urls: string[] = []
  const put = async (url: string, body: Uint8Array, type: string): Promise<void> => {
    const answer = await fetch(url, { method: 'PUT', body, headers: { ...headers, 'content-type': type } })
    expect({ status: answer.status, body: await answer.text() }).toMatchObject({ status: 201 })
    urls.push(new URL(url).pathname)
  }
  const blob = randomBytes(1000)
  const started = await fetch(`http://${host}/v2/a/b/blobs/uploads/`, { method: 'POST', headers })
  expect(started.status).toBe(202)
  const upload = new URL(started.headers.get('location') ?? '', `http://${host}`)
  upload.searchParams.set('digest', digestOf(blob))
  await put(upload.href, blob, 'application/octet-stream')
  const descriptor = { mediaType: 'application/octet-stream', digest: digestOf(blob), size: blob.length }
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const config = { ...descriptor, mediaType: 'application/vnd.oci.image.config.v1+json' }
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config, layers: [descriptor] }))
  await put(`http://${host}/v2/a/b/manifests/${digestOf(manifest)}`, manifest, mediaType)
  await put(`http://${host}/v2/a/b/manifests/1.0`, manifest, mediaType)
  return urls
}

describe('toolPath', () => {
  it('finds a command on the PATH', () => expect(toolPath('tar')).toMatch(/\/tar$/))
  it('gives nothing for what is nowhere', () => expect(toolPath(`no-${randomUUID()}`)).toBeUndefined())
})

describe('requireTool', () => {
  it('names what is missing', () => expect(() => requireTool('no-such-tool')).toThrow(/no-such-tool/))
})

describe.each([
  ['docker-registry', startDockerRegistry],
  ['distribution', startDistribution],
  ['olareg', startOlareg],
] as const)('%s', (name, start) => {
  it.skipIf(!toolPath(name))('starts, logs the requests in their order, and stops', async () => {
    await using registry = await start({ directory })
    const urls = await push(registry)
    await registry.stop()
    const logged = (await registry.requests()).filter(
      ({ method, status }) => method === 'PUT' && status === 201,
    )
    expect(logged.map(({ url }) => url.split('?')[0])).toEqual(urls)
    await expect(fetch(`http://${registry.host}/v2/`)).rejects.toThrow()
  })

  it.skipIf(!toolPath(name))('keeps what it stored over a restart', async () => {
    await using first = await start({ directory })
    await push(first)
    await first.stop()
    await using second = await start({ directory })
    const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }
    expect((await fetch(`http://${second.host}/v2/a/b/manifests/1.0`, { headers })).status).toBe(200)
  })

  it.skipIf(!toolPath(name))('starts two at a time', async () => {
    await using first = await start({ directory: join(directory, '1') })
    await using second = await start({ directory: join(directory, '2') })
    expect(first.host).not.toBe(second.host)
  })

  it.skipIf(!toolPath(name))('gives the reason of an abort', async () => {
    const reason = new Error('enough')
    await expect(start({ directory, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('startDockerRegistry with a password', () => {
  it.skipIf(!toolPath('docker-registry'))('lets in who knows it, and nobody else', async () => {
    const htpasswd = { username: 'anna', password: randomUUID() }
    await using registry = await startDockerRegistry({ directory, htpasswd })
    const authorization = (password: string): string =>
      `Basic ${Buffer.from(`anna:${password}`).toString('base64')}`
    const ask = (headers: Record<string, string>): Promise<Response> =>
      fetch(`http://${registry.host}/v2/`, { headers })
    expect((await ask({})).status).toBe(401)
    expect((await ask({ authorization: authorization('wrong') })).status).toBe(401)
    expect((await ask({ authorization: authorization(htpasswd.password) })).status).toBe(200)
    await push(registry, { authorization: authorization(htpasswd.password) })
  })
})

describe('startPostgres', async () => {
  const none = (await findPostgres()) === undefined
  const answers = (url: string): Promise<boolean> => {
    const { hostname, port } = new URL(url)
    return new Promise((resolve) => {
      const socket = connect(Number(port), hostname)
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
  }

  it.skipIf(none)('starts, stops, and starts again with what it stored', async () => {
    await using first = await startPostgres({ directory })
    expect(await answers(first.url)).toBe(true)
    await first.stop()
    expect(await answers(first.url)).toBe(false)
    await using second = await startPostgres({ directory })
    expect(new URL(second.url).password).toBe(new URL(first.url).password)
    expect(await answers(second.url)).toBe(true)
  })

  it.skipIf(none)('gives the reason of an abort', async () => {
    const reason = new Error('enough')
    await expect(startPostgres({ directory, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})

describe('startRealSigstore', () => {
  const services = ['fulcio', 'tesseract', 'rekor', 'timestamp-server']
  it.skipIf(!services.every(toolPath))(
    'starts all services, and stops them',
    { timeout: 120_000 },
    async () => {
      await using sigstore = await startRealSigstore({ directory, timeoutMs: 60_000 })
      const probes = [
        `${sigstore.fulcioUrl}/api/v2/trustBundle`,
        `${sigstore.rekorUrl}/healthz`,
        `${sigstore.tsaUrl}/certchain`,
      ]
      for (const url of probes) expect((await fetch(url)).status).toBe(200)
      await sigstore.close()
      for (const url of probes) await expect(fetch(url)).rejects.toThrow()
    },
  )

  it.skipIf(!services.every(toolPath))('gives the reason of an abort', async () => {
    const reason = new Error('enough')
    await expect(startRealSigstore({ directory, signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})
