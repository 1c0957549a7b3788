import { mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { createRegistryClient } from './create-registry-client.ts'
import { startScriptedServer } from '../testing/scripted-server.ts'
import { against } from '../testing/against-script.ts'
import { sampleImage } from '../testing/sample-image.ts'

const { manifest } = sampleImage([10])
const manifestType = { 'content-type': mediaTypes.ociManifest }

describe('getManifest', () => {
  it('refuses other bytes than those of the digest, whatever the header says', async () => {
    await using here = await against((_, response) => {
      response.writeHead(200, { ...manifestType, 'docker-content-digest': manifest.descriptor.digest })
      response.end(sampleImage([11]).manifest.bytes)
    })
    await expect(here.repository.getManifest(manifest.descriptor.digest)).rejects.toMatchObject({
      code: 'DIGEST_MISMATCH',
    })
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it.each([
    ['announced', { 'content-length': String(9 * 1024 * 1024) }],
    ['not announced', {}],
  ])('stops reading a body that is too long (%s)', async (_, headers) => {
    await using here = await against((_request, response) => {
      response.writeHead(200, { ...manifestType, ...headers })
      const piece = Buffer.alloc(256 * 1024, 0x20)
      const more = (): void => {
        while (!response.destroyed && response.write(piece));
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    })
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('asks again when a body breaks off', async () => {
    await using here = await against((_, response, count) => {
      response.writeHead(200, { ...manifestType, 'content-length': String(manifest.bytes.byteLength) })
      if (count > 0) return void response.end(manifest.bytes)
      response.write(manifest.bytes.subarray(0, 20), () => response.destroy())
    })
    expect((await here.repository.getManifest('v1')).descriptor).toEqual(manifest.descriptor)
    expect(here.seen).toHaveLength(2)
  })

  it('waits as long as Retry-After says', async () => {
    await using here = await against((_, response, count) => {
      if (count === 0) return void response.writeHead(429, { 'retry-after': '7' }).end()
      if (count === 1) return void response.writeHead(503).end('busy')
      response.writeHead(200, manifestType).end(manifest.bytes)
    })
    expect((await here.repository.getManifest('v1')).descriptor).toEqual(manifest.descriptor)
    expect(here.waits).toEqual([7000, 400])
  })

  it.each([
    [429, 'RATE_LIMITED'],
    [500, 'REGISTRY_ERROR'],
    [503, 'REGISTRY_ERROR'],
  ])('gives up on status %d after five tries', async (status, code) => {
    await using here = await against((_, response) => void response.writeHead(status).end())
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code, status, retryable: true })
    expect(here.seen).toHaveLength(5)
  })

  it('does not wait an hour because a registry says so', async () => {
    await using here = await against(
      (_, response) => void response.writeHead(429, { 'retry-after': '3600' }).end(),
    )
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'RATE_LIMITED' })
    expect(here.seen).toHaveLength(1)
    expect(here.waits).toEqual([])
  })

  it.each([
    [401, 'UNAUTHORIZED'],
    [403, 'DENIED'],
    [404, 'MANIFEST_NOT_FOUND'],
    [400, 'REGISTRY_ERROR'],
  ])('does not repeat status %d', async (status, code) => {
    await using here = await against((_, response) => void response.writeHead(status).end('no \u001b[31m'))
    const error: unknown = await here.repository.getManifest('v1').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ name: 'OciError', code, status, retryable: false })
    expect(String(error)).not.toContain('\u001b')
    expect(here.seen.filter(({ url }) => url.includes('/manifests/'))).toHaveLength(1)
  })

  it('reports a registry that is not there', async () => {
    const server = await startScriptedServer(() => {})
    await server[Symbol.asyncDispose]()
    await using client = createRegistryClient({ sleep: async () => {} })
    const repository = client.repository({ registry: server.host, repository: 'a/b' })
    await expect(repository.findManifest('v1')).rejects.toMatchObject({
      code: 'REGISTRY_UNREACHABLE',
      retryable: true,
    })
  })

  it.each([
    ['not JSON', 'hello', 'MANIFEST_INVALID'],
    ['an array', '[]', 'MANIFEST_INVALID'],
    ['an index and a manifest at once', '{"schemaVersion":2,"manifests":[],"layers":[]}', 'MANIFEST_INVALID'],
    ['Docker schema 1', '{"schemaVersion":1,"fsLayers":[]}', 'MANIFEST_UNSUPPORTED'],
    ['an index sent as a manifest', '{"schemaVersion":2,"manifests":[]}', 'MANIFEST_INVALID'],
    ['deeply nested', `{"a":${'['.repeat(200_000)}`, 'MANIFEST_INVALID'],
  ])('refuses a manifest that is %s', async (_, body, code) => {
    await using here = await against(
      (_request, response) => void response.writeHead(200, manifestType).end(body),
    )
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code })
  })

  it('takes 60 KiB of header fields and refuses more', async () => {
    let length = 60_000
    await using here = await against((_, response) => {
      response.writeHead(200, { ...manifestType, 'x-long': 'a'.repeat(length) }).end(manifest.bytes)
    })
    expect((await here.repository.getManifest('v1')).descriptor).toEqual(manifest.descriptor)
    length = 100_000
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'REGISTRY_ERROR' })
  })

  it('ends a drip of bytes after its time', async () => {
    await using here = await against(
      (_, response) => {
        response.writeHead(200, manifestType)
        const timer = setInterval(() => response.write(' '), 5)
        response.once('close', () => clearInterval(timer))
      },
      { smallTimeoutMs: 60, retry: { attempts: 1 } },
    )
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' })
  })

  it('rejects with the reason of an abort, and does not repeat it', async () => {
    const controller = new AbortController()
    await using here = await against(() => controller.abort(new Error('enough')))
    await expect(here.repository.getManifest('v1', { signal: controller.signal })).rejects.toThrow('enough')
    expect(here.seen).toHaveLength(1)
  })

  it.each(['../x', 'a/b', 'v1?x=1', 'sha256:abc', ''])('sends nothing for %j', async (tag) => {
    await using here = await against(() => {})
    await expect(here.repository.getManifest(tag)).rejects.toMatchObject({ code: 'REFERENCE_INVALID' })
    expect(here.seen).toHaveLength(0)
  })
})

describe('headManifest', () => {
  const { digest, size } = manifest.descriptor
  const told = { ...manifestType, 'content-length': String(size), 'docker-content-digest': digest }

  it.each([
    ['tag', 'v1'],
    ['digest', digest],
  ])('asks for a %s in one small request', async (_, reference) => {
    await using here = await against((_request, response) => void response.writeHead(200, told).end())
    expect(await here.repository.headManifest(reference)).toEqual(manifest.descriptor)
    expect(here.seen.map(({ method }) => method)).toEqual(['HEAD'])
  })

  it('finds nothing where there is none', async () => {
    await using here = await against((_, response) => void response.writeHead(404).end())
    expect(await here.repository.headManifest('v1')).toBeUndefined()
  })

  const { 'docker-content-digest': _digest, ...noDigest } = told
  const { 'content-length': _length, ...noLength } = told
  it.each([
    ['without a digest', 'v1', 200, noDigest],
    ['without a length', 'v1', 200, noLength],
    ['of a login page', 'v1', 200, { ...told, 'content-type': 'text/html' }],
    [
      'with another digest than asked for',
      digest,
      200,
      { ...told, 'docker-content-digest': `sha256:${'0'.repeat(64)}` },
    ],
    ['with status 403', 'v1', 403, {}],
    ['with status 405', 'v1', 405, {}],
  ])('reads the manifest after an answer %s', async (_, reference, status, headers) => {
    await using here = await against(({ method }, response) => {
      if (method === 'HEAD') return void response.writeHead(status, headers).end()
      response.writeHead(200, manifestType).end(manifest.bytes)
    })
    expect(await here.repository.headManifest(reference)).toEqual(manifest.descriptor)
  })

  it.each([
    [404, undefined],
    [403, 'DENIED'],
  ])('believes what GET says after a HEAD with 403: %d', async (status, code) => {
    await using here = await against(({ method }, response) => {
      response.writeHead(method === 'HEAD' ? 403 : status).end()
    })
    const found = here.repository.headManifest('v1')
    if (code === undefined) expect(await found).toBeUndefined()
    else await expect(found).rejects.toMatchObject({ code })
  })
})
