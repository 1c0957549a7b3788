import type { ServerResponse } from 'node:http'
import { type Descriptor, digestOf, mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { type Script } from '../testing/scripted-server.ts'
import { against } from '../testing/against-script.ts'
import { sampleImage, sampleIndex, sampleReferrer } from '../testing/sample-image.ts'

const { manifest } = sampleImage([10])

describe('putManifest', () => {
  it('refuses a registry that stored something else', async () => {
    await using here = await against((_, response) => {
      response.writeHead(201, { 'docker-content-digest': digestOf('something else') }).end()
    })
    await expect(here.repository.putManifest(manifest)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('says that a tag can not be moved', async () => {
    await using here = await against((_, response) => void response.writeHead(412).end())
    await expect(here.repository.putManifest(manifest, { tag: 'v1' })).rejects.toMatchObject({
      code: 'TAG_CONFLICT',
    })
  })

  it('says what to except where tags of evidence can not be moved', async () => {
    await using here = await against((_, response) => void response.writeHead(412).end())
    const put = here.repository.putManifest(manifest, { tag: `${tag}.att` })
    await expect(put).rejects.toThrow('exclude tags that begin with "sha256-"')
  })

  const referrer = sampleReferrer(manifest.descriptor, 'application/vnd.example.sbom', { a: 'b' }).manifest
  const tag = fallbackTag(manifest.descriptor.digest)

  /** A registry with a fallback tag and, when `conditional`, writes that honour If-Match. */
  function fallbackRegistry(
    initial: Uint8Array | undefined,
    { conditional = false, type = mediaTypes.ociIndex as string } = {},
  ) {
    const state = { index: initial, beforePut: undefined as (() => void) | undefined, refused: 0 }
    const script: Script = ({ method, url, headers, body }, response) => {
      if (!url.endsWith(tag)) return void response.writeHead(method === 'GET' ? 404 : 201).end()
      const etag = state.index === undefined ? undefined : `"${digestOf(state.index)}"`
      if (method === 'GET') {
        if (state.index === undefined) return void response.writeHead(404).end()
        return void response.writeHead(200, { 'content-type': type, etag: etag! }).end(state.index)
      }
      state.beforePut?.()
      state.beforePut = undefined
      const now = state.index === undefined ? undefined : `"${digestOf(state.index)}"`
      if (
        conditional &&
        ((headers['if-none-match'] === '*' && now !== undefined) || (headers['if-match'] ?? now) !== now)
      ) {
        state.refused++
        return void response.writeHead(412).end()
      }
      state.index = body
      response.writeHead(201).end()
    }
    const listed = (): Descriptor[] =>
      (JSON.parse(Buffer.from(state.index ?? '{}').toString()) as { manifests: Descriptor[] }).manifests
    return { state, script, listed }
  }

  it('lists a referrer under the fallback tag with its type and annotations, once', async () => {
    const registry = fallbackRegistry(undefined)
    await using here = await against(registry.script)
    await here.repository.putManifest(referrer)
    await here.repository.putManifest(referrer)
    expect(registry.listed()).toEqual([
      {
        ...referrer.descriptor,
        artifactType: 'application/vnd.example.sbom',
        annotations: expect.objectContaining({ a: 'b' }),
      },
    ])
  })

  it('keeps what another writer adds meanwhile, where conditions are honoured', async () => {
    const other = sampleReferrer(manifest.descriptor, 'application/vnd.example.other').manifest
    const registry = fallbackRegistry(undefined, { conditional: true })
    await using here = await against(registry.script)
    registry.state.beforePut = () => {
      registry.state.index = sampleIndex([], { manifests: [other.descriptor], 'x-kept': 1 }).bytes
    }
    await here.repository.putManifest(referrer)
    // A condition that never holds, then one that held when it was read.
    expect(registry.state.refused).toBe(2)
    expect(registry.listed().map(({ digest }) => digest)).toEqual([
      other.descriptor.digest,
      referrer.descriptor.digest,
    ])
    expect(JSON.parse(Buffer.from(registry.state.index!).toString())).toMatchObject({ 'x-kept': 1 })
  })

  it('writes again when another writer overwrote the list before it settled', async () => {
    const other = sampleReferrer(manifest.descriptor, 'application/vnd.example.other').manifest
    const registry = fallbackRegistry(undefined)
    let overwrites = 0
    await using here = await against(registry.script, {
      sleep: async () => {
        if (++overwrites === 1)
          registry.state.index = sampleIndex([], { manifests: [other.descriptor] }).bytes
      },
    })
    await here.repository.putManifest(referrer)
    expect(registry.listed().map(({ digest }) => digest)).toEqual([
      other.descriptor.digest,
      referrer.descriptor.digest,
    ])
  })

  it.each([
    ['an image', sampleImage([3]).manifest.bytes, mediaTypes.ociManifest],
    ['the subject itself', manifest.bytes, mediaTypes.ociManifest],
  ])('leaves %s at the fallback tag alone', async (_, bytes, type) => {
    const registry = fallbackRegistry(bytes, { type })
    await using here = await against(registry.script)
    await expect(here.repository.putManifest(referrer)).rejects.toMatchObject({ code: 'TAG_CONFLICT' })
    expect(Buffer.from(registry.state.index!).equals(bytes)).toBe(true)
  })

  it('leaves a condition out that a registry refuses although it holds', async () => {
    const registry = fallbackRegistry(sampleIndex([]).bytes)
    await using here = await against((request, response, count) => {
      const conditional = 'if-match' in request.headers || 'if-none-match' in request.headers
      if (conditional) return void response.writeHead(412).end()
      return registry.script(request, response, count)
    })
    await here.repository.putManifest(referrer)
    const second = sampleReferrer(manifest.descriptor, 'application/vnd.example.other').manifest
    await here.repository.putManifest(second)
    expect(registry.listed()).toHaveLength(2)
    // Only the first write tries conditions.
    expect(here.seen.filter(({ headers }) => 'if-match' in headers)).toHaveLength(2)
  })

  it.each([
    ['an answer that is lost', (response: ServerResponse) => void response.destroy()],
    ['status 503', (response: ServerResponse) => void response.writeHead(503).end()],
  ])('reads again before it writes again, after %s', async (_, fail) => {
    const other = sampleReferrer(manifest.descriptor, 'application/vnd.example.other').manifest
    const registry = fallbackRegistry(undefined)
    let failed = false
    await using here = await against((request, response, count) => {
      if (request.method === 'PUT' && request.url.endsWith(tag) && !failed) {
        failed = true
        registry.state.index = sampleIndex([], { manifests: [other.descriptor] }).bytes
        return fail(response)
      }
      return registry.script(request, response, count)
    })
    await here.repository.putManifest(referrer)
    expect(registry.listed().map(({ digest }) => digest)).toEqual([
      other.descriptor.digest,
      referrer.descriptor.digest,
    ])
  })

  it('gives up on a list that can not be written', async () => {
    const registry = fallbackRegistry(undefined)
    await using here = await against((request, response, count) => {
      if (request.method === 'PUT' && request.url.endsWith(tag)) return void response.writeHead(503).end()
      return registry.script(request, response, count)
    })
    await expect(here.repository.putManifest(referrer)).rejects.toMatchObject({ status: 503 })
    expect(here.seen.filter(({ method, url }) => method === 'PUT' && url.endsWith(tag))).toHaveLength(5)
  })

  it('grows its patience while others overwrite the list, and gives up in the end', async () => {
    const other = sampleReferrer(manifest.descriptor, 'application/vnd.example.other').manifest
    const registry = fallbackRegistry(undefined)
    const waits: number[] = []
    await using here = await against(registry.script, {
      sleep: async (milliseconds) => {
        waits.push(milliseconds)
        registry.state.index = sampleIndex([], { manifests: [other.descriptor] }).bytes
      },
      settleMs: 1000,
    })
    await expect(here.repository.putManifest(referrer)).rejects.toMatchObject({
      code: 'TAG_CONFLICT',
      retryable: true,
    })
    expect(waits.slice(0, 4)).toEqual([1500, 3000, 6000, 12_000])
    expect(Math.max(...waits)).toBeLessThanOrEqual(15_000)
    expect(here.seen.length).toBeLessThan(500)
  })

  it('writes the fallback tag when a registry only claims to know the subject', async () => {
    const registry = fallbackRegistry(undefined)
    await using here = await against((request, response, count) => {
      if (request.method === 'PUT') response.setHeader('oci-subject', manifest.descriptor.digest)
      return registry.script(request, response, count)
    })
    await here.repository.putManifest(referrer)
    expect(registry.listed()).toHaveLength(1)
  })
})
