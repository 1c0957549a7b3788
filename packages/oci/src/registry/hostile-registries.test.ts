import { randomBytes } from 'node:crypto'
import { type Descriptor, digestOf, mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import {
  collect,
  collectAll,
  sampleBlob,
  sampleImage,
  sampleIndex,
  sampleManifest,
  sampleReferrer,
  streamOf,
} from '../testing/sample-image.ts'
import { type Script, startScriptedServer } from '../testing/scripted-server.ts'
import { verifiedContent } from '../blob/verified-content.ts'
import { createRegistryClient, type RegistryClientOptions } from './create-registry-client.ts'

async function against(script: Script, options: RegistryClientOptions = {}) {
  const server = await startScriptedServer(script)
  const waits: number[] = []
  const client = createRegistryClient({
    sleep: async (milliseconds, signal) => {
      signal?.throwIfAborted()
      waits.push(milliseconds)
    },
    random: () => 1,
    ...options,
  })
  return {
    ...server,
    waits,
    repository: client.repository({ registry: server.host, repository: 'team/app' }),
    async [Symbol.asyncDispose]() {
      await client.close()
      await server[Symbol.asyncDispose]()
    },
  }
}

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
    expect(here.seen).toHaveLength(1)
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

describe('signing in', () => {
  const credentials = {
    find: async () => ({ type: 'password', username: 'gate', password: 'pass:word' }) as const,
  }
  const basic = `Basic ${Buffer.from('gate:pass:word').toString('base64')}`

  it('fetches one token for many requests at once, and sends it from then on', async () => {
    await using here = await against(
      ({ url, headers }, response) => {
        if (url.startsWith('/token'))
          return void response.end(JSON.stringify({ token: 'good', expires_in: 300 }))
        if (headers.authorization === 'Bearer good')
          return void response.writeHead(200, manifestType).end(manifest.bytes)
        const challenge = `Bearer realm="http://${headers.host}/token?tenant=7",service="svc",scope="repository:team/app:pull"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
      },
      { credentials },
    )
    await here.repository.getManifest('v1')
    await Promise.all([1, 2, 3].map(() => here.repository.getManifest('v1')))
    const tokens = here.seen.filter(({ url }) => url.startsWith('/token'))
    expect(tokens.map(({ url }) => url)).toEqual([
      '/token?tenant=7&service=svc&scope=repository%3Ateam%2Fapp%3Apull&account=gate',
    ])
    expect(tokens[0]?.headers.authorization).toBe(basic)
    expect(here.seen).toHaveLength(6)
  })

  it('asks for a wider token when one is not enough', async () => {
    await using here = await against(
      ({ url, headers }, response) => {
        const scopes = new URL(url, 'http://x').searchParams.getAll('scope')
        if (url.startsWith('/token'))
          return void response.end(JSON.stringify({ access_token: scopes.join('+') }))
        if (headers.authorization?.includes('repository:other:pull')) {
          return void response.writeHead(200, manifestType).end(manifest.bytes)
        }
        const challenge = `Bearer realm="http://${headers.host}/token",scope="repository:other:pull",error="insufficient_scope"`
        response.writeHead(401, { 'www-authenticate': challenge }).end()
      },
      { credentials },
    )
    expect((await here.repository.getManifest('v1')).descriptor).toEqual(manifest.descriptor)
  })

  it('gives up when the token is refused again', async () => {
    await using here = await against(
      ({ url, headers }, response) => {
        if (url.startsWith('/token')) return void response.end(JSON.stringify({ token: 'bad' }))
        response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` }).end()
      },
      { credentials },
    )
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(here.seen.length).toBeLessThan(6)
  })

  it.each([
    ['link-local', 'http://169.254.169.254/token'],
    ['nowhere', 'token'],
    ['a file', 'file:///etc/passwd'],
  ])('does not ask a token server that is %s', async (_, realm) => {
    await using here = await against(
      (_request, response) =>
        void response.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}"` }).end(),
      { credentials },
    )
    await expect(here.repository.getManifest('v1')).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    expect(here.seen).toHaveLength(1)
  })

  it('does not show the password when the token server repeats it', async () => {
    await using here = await against(
      ({ url, headers }, response) => {
        if (url.startsWith('/token'))
          return void response.writeHead(401).end(`bad: ${headers.authorization} pass:word`)
        response.writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token"` }).end()
      },
      { credentials },
    )
    const error: unknown = await here.repository.getManifest('v1').catch((caught: unknown) => caught)
    expect(error).toMatchObject({ code: 'UNAUTHORIZED' })
    expect(String(error)).not.toMatch(/pass:word|Basic [^[]/)
  })

  it('exchanges a refresh token by POST', async () => {
    await using here = await against(
      ({ url, headers }, response) => {
        if (url.startsWith('/token')) return void response.end(JSON.stringify({ access_token: 'good' }))
        if (headers.authorization === 'Bearer good')
          return void response.writeHead(200, manifestType).end(manifest.bytes)
        response
          .writeHead(401, { 'www-authenticate': `Bearer realm="http://${headers.host}/token",service="s"` })
          .end()
      },
      { credentials: { find: async () => ({ type: 'identity-token', identityToken: 'refresh' }) } },
    )
    await here.repository.getManifest('v1')
    const [, exchange] = here.seen
    expect(exchange).toMatchObject({ method: 'POST', url: '/token' })
    expect(Object.fromEntries(new URLSearchParams(exchange!.body.toString()))).toMatchObject({
      grant_type: 'refresh_token',
      refresh_token: 'refresh',
      service: 's',
      scope: 'repository:team/app:pull',
    })
  })
})

describe('open', () => {
  const { blob, bytes } = sampleBlob(randomBytes(300_000))

  it('goes on by Range after a cut, and verifies the whole', async () => {
    await using here = await against(({ headers }, response, count) => {
      if (count === 0) {
        response.writeHead(200, { 'content-length': String(bytes.byteLength) })
        return void response.write(bytes.subarray(0, 100_000), () => response.destroy())
      }
      const start = Number(/bytes=(\d+)-/.exec(headers.range ?? '')?.[1])
      response.writeHead(206, {
        'content-range': `bytes ${start}-${bytes.byteLength - 1}/${bytes.byteLength}`,
      })
      response.end(bytes.subarray(start))
    })
    expect((await collect(here.repository.open(blob))).equals(bytes)).toBe(true)
    expect(here.seen).toHaveLength(2)
  })

  it('skips what it has when a registry does not know Range', async () => {
    await using here = await against((_, response, count) => {
      response.writeHead(200, { 'content-length': String(bytes.byteLength) })
      if (count > 0) return void response.end(bytes)
      response.write(bytes.subarray(0, 100_000), () => response.destroy())
    })
    expect((await collect(here.repository.open(blob))).equals(bytes)).toBe(true)
  })

  it.each([
    ['too long', Buffer.concat([bytes, Buffer.alloc(10)]), 'SIZE_MISMATCH'],
    ['too short each time', bytes.subarray(0, 1000), 'SIZE_MISMATCH'],
    ['other bytes', randomBytes(bytes.byteLength), 'DIGEST_MISMATCH'],
  ])('ends with an error when the body is %s', async (_, body, code) => {
    await using here = await against(({ headers }, response) => {
      if (headers.range !== undefined) return void response.writeHead(416).end()
      response.writeHead(200).end(body)
    })
    await expect(collect(here.repository.open(blob))).rejects.toMatchObject({ code })
  })

  it('stops an endless body at the first surplus byte', async () => {
    let sent = 0
    await using here = await against((_, response) => {
      response.writeHead(200)
      const more = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) sent += 65_536
        if (!response.destroyed) response.once('drain', more)
      }
      more()
    })
    await expect(collect(here.repository.open(blob))).rejects.toMatchObject({ code: 'SIZE_MISMATCH' })
    expect(sent).toBeLessThan(50_000_000)
  })

  it('hashes the bytes as they came when they are labelled as encoded', async () => {
    await using here = await against(
      (_, response) => void response.writeHead(200, { 'content-encoding': 'gzip' }).end(bytes),
    )
    expect((await collect(here.repository.open(blob))).equals(bytes)).toBe(true)
    expect(here.seen[0]?.headers['accept-encoding']).toBe('identity')
  })

  it('follows a redirect to another host without credentials', async () => {
    await using storage = await startScriptedServer((_, response) => void response.end(bytes))
    await using here = await against(
      ({ headers }, response) => {
        if (headers.authorization === undefined) {
          return void response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end()
        }
        response.writeHead(307, { location: `http://${storage.host}/signed?key=1` }).end()
      },
      { credentials: { find: async () => ({ type: 'password', username: 'u', password: 'p' }) } },
    )
    expect((await collect(here.repository.open(blob))).equals(bytes)).toBe(true)
    expect(storage.seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/signed?key=1', undefined],
    ])
  })

  it.each([
    ['to itself for ever', '/v2/team/app/blobs/again'],
    ['to a metadata service', 'http://169.254.169.254/latest/meta-data'],
    ['to a file', 'file:///etc/passwd'],
  ])('refuses a redirect %s', async (_, location) => {
    await using here = await against((_request, response) => void response.writeHead(302, { location }).end())
    await expect(collect(here.repository.open(blob))).rejects.toMatchObject({ code: 'REGISTRY_ERROR' })
    expect(here.seen.length).toBeLessThan(8)
  })

  it('takes content from the descriptor, and verifies it', async () => {
    await using here = await against(() => {})
    const data = Buffer.from(bytes).toString('base64')
    expect((await collect(here.repository.open({ ...blob, data }))).equals(bytes)).toBe(true)
    await expect(collect(here.repository.open({ ...blob, data: 'AAAA' }))).rejects.toMatchObject({
      code: 'SIZE_MISMATCH',
    })
    expect(here.seen).toHaveLength(0)
  })

  it('closes the connection when the reader stops', async () => {
    let closed: (value: unknown) => void = () => {}
    const ended = new Promise((resolve) => (closed = resolve))
    await using here = await against((_, response) => {
      response.once('close', closed)
      response.writeHead(200).write(bytes.subarray(0, 200_000))
    })
    for await (const _ of here.repository.open(blob)) break
    await ended
  })
})

describe('write', () => {
  const { blob, bytes } = sampleBlob(randomBytes(9_000_000))
  const again = verifiedContent(blob, () => streamOf(bytes.subarray(0, 5_000_000), bytes.subarray(5_000_000)))

  it('keeps the upload location with its query', async () => {
    await using here = await against(({ method }, response) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (method === 'POST') return void response.writeHead(202, { location: '/up/1?_state=a%2Bb==' }).end()
      response.writeHead(201).end()
    })
    await here.repository.write(blob, again)
    expect(here.seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `HEAD /v2/team/app/blobs/${blob.digest}`,
      'POST /v2/team/app/blobs/uploads/',
      `PUT /up/1?_state=a%2Bb==&digest=${encodeURIComponent(blob.digest)}`,
    ])
    expect(here.seen[2]?.body.equals(bytes)).toBe(true)
  })

  it('begins again with content that can be restarted, and cancels the failed upload', async () => {
    let puts = 0
    await using here = await against(({ method }, response, count) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (method === 'POST') return void response.writeHead(202, { location: `/up/${count}` }).end()
      if (method === 'PUT') return void response.writeHead(++puts === 1 ? 502 : 201).end()
      response.writeHead(204).end()
    })
    await here.repository.write(blob, again)
    expect(here.seen.map(({ method }) => method)).toEqual(['HEAD', 'POST', 'PUT', 'DELETE', 'POST', 'PUT'])
  })

  it('does not begin again with content that is gone', async () => {
    await using here = await against(({ method }, response) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (method === 'POST') return void response.writeHead(202, { location: '/up/1' }).end()
      response.writeHead(method === 'PUT' ? 502 : 204).end()
    })
    await expect(here.repository.write(blob, streamOf(bytes))).rejects.toMatchObject({
      code: 'REGISTRY_ERROR',
      status: 502,
    })
    expect(here.seen.map(({ method }) => method)).toEqual(['HEAD', 'POST', 'PUT', 'DELETE'])
  })

  it('sends chunks where the whole is refused', async () => {
    const parts: Buffer[] = []
    await using here = await against(({ method, body, headers }, response, count) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (method === 'PATCH') {
        expect(headers['content-range']).toMatch(/^\d+-\d+$/)
        parts.push(body)
      }
      if (method === 'PUT' && body.byteLength > 0) return void response.writeHead(413).end()
      response.writeHead(method === 'PUT' ? 201 : 202, { location: `/up/${count}` }).end()
    })
    await here.repository.write(blob, again)
    expect(parts.map((part) => part.byteLength)).toEqual([4_194_304, 4_194_304, 611_392])
    expect(Buffer.concat(parts).equals(bytes)).toBe(true)
  })

  it('does not let a wrong source complete an upload', async () => {
    let completed = false
    await using server = await startScriptedServer(({ method }, response) => {
      if (method === 'PUT') completed = true
      response.writeHead(method === 'HEAD' ? 404 : method === 'POST' ? 202 : 201, { location: '/up/1' }).end()
    })
    await using client = createRegistryClient()
    const repository = client.repository({ registry: server.host, repository: 'a/b' })
    const wrong = streamOf(bytes.subarray(0, 5_000_000), randomBytes(4_000_000))
    await expect(repository.write(blob, wrong)).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
    expect(completed).toBe(false)
  })

  it.each([
    ['nowhere', undefined],
    ['link-local', 'http://169.254.169.254/up'],
  ])('refuses an upload location that is %s', async (_, location) => {
    await using here = await against(({ method }, response) => {
      response.writeHead(method === 'HEAD' ? 404 : 202, location === undefined ? {} : { location }).end()
    })
    await expect(here.repository.write(blob, again)).rejects.toMatchObject({ code: 'REGISTRY_ERROR' })
  })

  it('uploads when mounting is refused', async () => {
    await using here = await against(({ method, url }, response) => {
      if (method === 'HEAD') return void response.writeHead(404).end()
      if (url.includes('mount=')) return void response.writeHead(403).end()
      response.writeHead(method === 'POST' ? 202 : 201, { location: '/up/1' }).end()
    })
    expect(await here.repository.putBlob(blob, again, { mountFrom: 'team/other' })).toBe('uploaded')
  })
})

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

  it.each([true, false])(
    'keeps what another writer adds meanwhile (conditional writes: %s)',
    async (conditional) => {
      const other = sampleReferrer(manifest.descriptor, 'application/vnd.example.other').manifest
      const registry = fallbackRegistry(undefined, { conditional })
      await using here = await against(registry.script, {
        sleep: async () => {
          // A writer that does not look at conditions, and had read before we wrote.
          if (conditional || registry.state.beforePut === undefined) return
        },
      })
      registry.state.beforePut = () => {
        registry.state.index = sampleIndex([], { manifests: [other.descriptor], 'x-kept': 1 }).bytes
      }
      const first = here.repository.putManifest(referrer)
      await first
      if (conditional) {
        expect(registry.state.refused).toBe(1)
        expect(registry.listed().map(({ digest }) => digest)).toEqual([
          other.descriptor.digest,
          referrer.descriptor.digest,
        ])
        expect(JSON.parse(Buffer.from(registry.state.index!).toString())).toMatchObject({ 'x-kept': 1 })
      } else {
        expect(registry.listed().map(({ digest }) => digest)).toEqual([referrer.descriptor.digest])
      }
    },
  )

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

describe('listReferrers', () => {
  const subject = manifest.descriptor
  const real = sampleReferrer(subject, 'application/vnd.example.sbom', { a: 'b' }).manifest
  const stranger = sampleReferrer(
    sampleImage([5]).manifest.descriptor,
    'application/vnd.example.sbom',
  ).manifest
  const without = sampleImage([6]).manifest
  const stored = new Map(
    [real, stranger, without, manifest].map((raw) => [raw.descriptor.digest as string, raw]),
  )

  const serve =
    (list: (url: string) => { body: string; headers?: Record<string, string>; status?: number }): Script =>
    ({ url }, response) => {
      const raw = stored.get(url.split('/').at(-1) ?? '')
      if (url.includes('/manifests/')) {
        if (raw === undefined) return void response.writeHead(404).end()
        return void response.writeHead(200, { 'content-type': raw.descriptor.mediaType }).end(raw.bytes)
      }
      const { body, headers = {}, status = 200 } = list(url)
      response.writeHead(status, { 'content-type': mediaTypes.ociIndex, ...headers }).end(body)
    }
  const index = (...entries: object[]): string => JSON.stringify({ schemaVersion: 2, manifests: entries })

  it('leaves out what only the list says', async () => {
    const missing = { ...real.descriptor, digest: digestOf('missing') }
    const script = serve(() => ({
      body: index(
        { ...real.descriptor, artifactType: 'a lie', annotations: { a: 'lie' } },
        stranger.descriptor,
        without.descriptor,
        manifest.descriptor,
        missing,
        { digest: 'sha256:short' },
        'no object' as never,
      ),
    }))
    await using here = await against(script)
    expect(await here.repository.listReferrers(subject.digest)).toEqual([
      {
        ...real.descriptor,
        artifactType: 'application/vnd.example.sbom',
        annotations: expect.objectContaining({ a: 'b' }),
      },
    ])
  })

  it('follows pages, and ends a list that does not', async () => {
    let endless = false
    const script = serve((url) => {
      const page = Number(new URL(url, 'http://x').searchParams.get('page') ?? 0)
      const headers =
        endless || page < 2 ? { link: `<${url.split('?')[0]}?page=${page + 1}>; rel="next"` } : undefined
      return {
        body: index(...(page === 2 ? [real.descriptor] : [])),
        ...(headers === undefined ? {} : { headers }),
      }
    })
    await using here = await against(script)
    expect(await here.repository.listReferrers(subject.digest)).toHaveLength(1)
    endless = true
    await expect(here.repository.listReferrers(subject.digest)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  it('takes a login page for no list', async () => {
    await using here = await against(
      serve(() => ({ body: '<html>login</html>', headers: { 'content-type': 'text/html' } })),
    )
    expect(await here.repository.listReferrers(subject.digest)).toEqual([])
  })

  it.each([403, 500])('does not take status %d for an empty list', async (status) => {
    await using here = await against(serve(() => ({ body: '', status })))
    await expect(here.repository.listReferrers(subject.digest)).rejects.toMatchObject({ status })
  })

  it('refuses a list of more entries than can be looked at', async () => {
    const entries = Array.from({ length: 1200 }, (_, at) => ({
      ...real.descriptor,
      digest: digestOf(String(at)),
    }))
    await using here = await against(serve(() => ({ body: index(...entries) })))
    await expect(here.repository.listReferrers(subject.digest)).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
  })

  it('takes the type of the config where the manifest names none', async () => {
    const old = sampleManifest({
      config: { ...sampleBlob('{}').blob, mediaType: 'application/vnd.example.config' },
      layers: [],
      subject,
    })
    stored.set(old.descriptor.digest, old)
    await using here = await against(serve(() => ({ body: index(old.descriptor) })))
    expect(await here.repository.listReferrers(subject.digest)).toMatchObject([
      { artifactType: 'application/vnd.example.config' },
    ])
  })
})

describe('listTags', () => {
  it('follows pages and says each tag once', async () => {
    await using here = await against(({ url }, response) => {
      const last = new URL(url, 'http://x').searchParams.get('last')
      if (last === null) {
        response.setHeader('link', '</v2/team/app/tags/list?last=b>; rel="next"')
        return void response.end(JSON.stringify({ tags: ['b', 'a', 'not a tag'] }))
      }
      response.end(JSON.stringify({ tags: ['b', 'c'] }))
    })
    expect(await collectAll(here.repository.listTags())).toEqual(['b', 'a', 'c'])
  })

  it.each([
    ['leads to another host', '<http://127.0.0.1:1/v2/>; rel="next"', 'REGISTRY_ERROR'],
    ['goes in a circle', '</v2/team/app/tags/list?n=1>; rel="next"', 'LIMIT_EXCEEDED'],
  ])('refuses a list that %s', async (_, link, code) => {
    await using here = await against((_request, response) => {
      response.writeHead(200, { link }).end(JSON.stringify({ tags: ['a'] }))
    })
    await expect(collectAll(here.repository.listTags())).rejects.toMatchObject({ code })
  })
})
