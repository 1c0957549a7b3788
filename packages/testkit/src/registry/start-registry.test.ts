import { createHash } from 'node:crypto'
import { digestOf, mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { call, folder, manifestHeaders, manifestOf, pushBlob, start } from '../testing/registry-calls.ts'
import type { RegistryQuirks } from './quirks/registry-quirks.ts'
import type { StartRegistryOptions } from './start-registry.ts'

describe.each([['memory'], ['a folder']])('a registry in %s', (kind) => {
  const options = async () => (kind === 'memory' ? {} : { directory: await folder() })

  it('takes a blob in parts, tells how far it is, and serves it whole and by range', async () => {
    const registry = await start(await options())
    let { headers } = await call(registry, '/v2/team/app/blobs/uploads/', { method: 'POST' })
    const part = (body: string, range: string) =>
      call(registry, headers.location!, { method: 'PATCH', body, headers: { 'content-range': range } })
    ;({ headers } = await part('hello', '0-4'))
    const outOfOrder = await part('x', '9-9')
    expect([outOfOrder.status, outOfOrder.headers.range]).toEqual([416, '0-4'])
    ;({ headers } = await part(' world', '5-10'))
    const progress = await call(registry, headers.location!)
    expect([progress.status, progress.headers.range]).toEqual([204, '0-10'])

    const digest = digestOf('hello world')
    const done = await call(registry, `${headers.location}&digest=${digest}`, { method: 'PUT' })
    expect([done.status, done.headers['docker-content-digest']]).toEqual([201, digest])
    const blob = await call(registry, done.headers.location!)
    expect(blob.bytes.toString()).toBe('hello world')
    const range = await call(registry, done.headers.location!, { headers: { range: 'bytes=6-' } })
    expect([range.status, range.bytes.toString(), range.headers['content-range']]).toEqual([
      206,
      'world',
      'bytes 6-10/11',
    ])
    const head = await call(registry, done.headers.location!, { method: 'HEAD' })
    expect([head.status, head.headers['content-length']]).toEqual([200, '11'])
    const beyond = await call(registry, done.headers.location!, { headers: { range: 'bytes=11-' } })
    expect(beyond.status).toBe(416)
  })

  it('refuses content with another digest and forgets it', async () => {
    const registry = await start(await options())
    const { headers } = await call(registry, '/v2/a/blobs/uploads/', { method: 'POST' })
    const put = await call(registry, `${headers.location}&digest=${digestOf('right')}`, {
      method: 'PUT',
      body: 'wrong',
    })
    expect([put.status, put.code()]).toEqual([400, 'DIGEST_INVALID'])
    const get = await call(registry, `/v2/a/blobs/${digestOf('right')}`)
    expect(get.status).toBe(404)
  })

  it('takes a blob in a single POST, with sha512 too', async () => {
    const registry = await start(await options())
    const digest = `sha512:${createHash('sha512').update('one').digest('hex')}`
    const path = `/v2/a/blobs/uploads/?digest=${digest}`
    const post = await call(registry, path, { method: 'POST', body: 'one' })
    expect(post.status).toBe(201)
    expect((await call(registry, `/v2/a/blobs/${digest}`)).bytes.toString()).toBe('one')
  })

  it('cancels uploads and refuses stale locations', async () => {
    const registry = await start(await options())
    const { headers } = await call(registry, '/v2/a/blobs/uploads/', { method: 'POST' })
    const next = await call(registry, headers.location!, { method: 'PATCH', body: 'x' })
    const stale = await call(registry, headers.location!, { method: 'PATCH', body: 'y' })
    expect([stale.status, stale.code()]).toEqual([404, 'BLOB_UPLOAD_INVALID'])
    expect((await call(registry, next.headers.location!, { method: 'DELETE' })).status).toBe(204)
    expect((await call(registry, next.headers.location!)).code()).toBe('BLOB_UPLOAD_UNKNOWN')
  })

  it('mounts a blob from another repository, and only when it is there', async () => {
    const registry = await start(await options())
    const { digest } = await pushBlob(registry, 'a', 'shared')
    const mount = (from: string) =>
      call(registry, `/v2/b/blobs/uploads/?mount=${digest}${from}`, { method: 'POST' })
    expect((await mount('&from=nowhere')).status).toBe(202)
    expect((await mount('')).status).toBe(202)
    expect((await mount('&from=a')).status).toBe(201)
    expect((await call(registry, `/v2/b/blobs/${digest}`)).bytes.toString()).toBe('shared')
  })

  it('stores manifests by digest and tag, byte for byte, and deletes both', async () => {
    const registry = await start(await options())
    const body = await manifestOf(registry, 'a')
    const digest = digestOf(body)
    const put = (reference: string) =>
      call(registry, `/v2/a/manifests/${reference}`, { method: 'PUT', body, headers: manifestHeaders })
    expect((await put(digest)).status).toBe(201)
    expect(registry.snapshot().a?.tags).toEqual({})
    expect((await put('v1')).headers['docker-content-digest']).toBe(digest)
    const get = await call(registry, '/v2/a/manifests/v1')
    expect([get.bytes.toString(), get.headers.etag, get.headers['content-type']]).toEqual([
      body,
      `"${digest}"`,
      mediaTypes.ociManifest,
    ])
    expect((await call(registry, '/v2/a/manifests/v1', { method: 'DELETE' })).status).toBe(202)
    expect(registry.resolve('a', 'v1')).toBeUndefined()
    expect((await call(registry, `/v2/a/manifests/${digest}`, { method: 'DELETE' })).status).toBe(202)
    expect((await call(registry, `/v2/a/manifests/${digest}`)).code()).toBe('MANIFEST_UNKNOWN')
  })
})

it('serves what an earlier registry left in the folder', async () => {
  const directory = await folder()
  const first = await start({ directory })
  const body = await manifestOf(first, 'team/app')
  await call(first, '/v2/team/app/manifests/v1', { method: 'PUT', body, headers: manifestHeaders })
  const before = first.snapshot()
  await first.close()
  const second = await start({ directory })
  expect(second.snapshot()).toEqual(before)
  expect((await call(second, '/v2/team/app/manifests/v1')).bytes.toString()).toBe(body)
})

describe('manifests that are refused', () => {
  const missing = { mediaType: mediaTypes.ociLayerGzip, digest: digestOf('missing'), size: 7 }
  it.each([
    ['a missing layer', { layers: [missing] }, 404, 'MANIFEST_BLOB_UNKNOWN'],
    [
      'a missing child',
      { mediaType: mediaTypes.ociIndex, manifests: [missing] },
      404,
      'MANIFEST_BLOB_UNKNOWN',
    ],
    ['another schema version', { schemaVersion: 1 }, 400, 'MANIFEST_INVALID'],
    ['a digest that is none', { layers: [{ ...missing, digest: 'sha256:1' }] }, 400, 'MANIFEST_INVALID'],
    ['an annotation that is no string', { annotations: { a: 1 } }, 400, 'MANIFEST_INVALID'],
  ])('%s', async (_, extra: Record<string, unknown>, status, code) => {
    const registry = await start()
    const body = await manifestOf(registry, 'a', extra)
    const headers = { 'content-type': String(extra.mediaType ?? mediaTypes.ociManifest) }
    const put = await call(registry, '/v2/a/manifests/v1', { method: 'PUT', body, headers })
    expect([put.status, put.code()]).toEqual([status, code])
    expect(registry.snapshot().a).toMatchObject({ tags: {}, manifests: [] })
  })

  it('one whose size is not that of the blob, whose Content-Type differs, or whose digest is another', async () => {
    const registry = await start()
    const body = await manifestOf(registry, 'a')
    const put = (reference: string, text: string, type: string = mediaTypes.ociManifest) =>
      call(registry, `/v2/a/manifests/${reference}`, {
        method: 'PUT',
        body: text,
        headers: { 'content-type': type },
      })
    expect((await put('v1', body.replace('"size":5', '"size":6'))).code()).toBe('MANIFEST_INVALID')
    expect((await put('v1', body, mediaTypes.dockerManifest)).code()).toBe('MANIFEST_INVALID')
    expect((await put(digestOf('x'), body)).code()).toBe('DIGEST_INVALID')
    expect((await put('-v1', body)).code()).toBe('MANIFEST_INVALID')
  })

  it('one above the limit', async () => {
    const registry = await start({ maxManifestBytes: 100 })
    const put = await call(registry, '/v2/a/manifests/v1', {
      method: 'PUT',
      body: 'x'.repeat(300_000),
      headers: manifestHeaders,
    })
    expect([put.status, put.code()]).toEqual([413, 'SIZE_INVALID'])
  })
})

describe('compare and set of tags', () => {
  it.each([
    ['honours If-Match and If-None-Match', {}, [412, 201, 412]],
    ['ignores them by quirk', { conditionalRequests: false }, [201, 201, 201]],
    ['refuses to move an immutable tag', { immutableTags: true }, [412, 409, 412]],
  ])('%s', async (_, quirks: Partial<RegistryQuirks>, expected) => {
    const registry = await start({ quirks })
    const first = await manifestOf(registry, 'a')
    const second = await manifestOf(registry, 'a', { annotations: { second: 'yes' } })
    const put = async (body: string, headers: Record<string, string>) =>
      (
        await call(registry, '/v2/a/manifests/v1', {
          method: 'PUT',
          body,
          headers: { ...manifestHeaders, ...headers },
        })
      ).status
    if (quirks.conditionalRequests !== false) {
      expect(await put(first, { 'if-match': `"${digestOf(first)}"` })).toBe(412)
    }
    expect(await put(first, { 'if-none-match': '*' })).toBe(201)
    if (quirks.immutableTags) {
      expect([
        await put(second, { 'if-match': `"${digestOf(second)}"` }),
        await put(second, { 'if-match': `"${digestOf(first)}"` }),
        await put(second, { 'if-none-match': '*' }),
      ]).toEqual(expected)
      expect(registry.resolve('a', 'v1')).toBe(digestOf(first))
      return
    }
    expect([
      await put(second, { 'if-match': `"${digestOf(second)}"` }),
      await put(second, { 'if-match': `"${digestOf(first)}"` }),
      await put(first, { 'if-none-match': '*' }),
    ]).toEqual(expected)
  })
})

describe('listings', () => {
  async function withTags(options: StartRegistryOptions, tags: readonly string[]) {
    const registry = await start(options)
    const body = await manifestOf(registry, 'a')
    for (const tag of tags) {
      await call(registry, `/v2/a/manifests/${tag}`, { method: 'PUT', body, headers: manifestHeaders })
    }
    return registry
  }

  it('pages tags with Link', async () => {
    const registry = await withTags({}, ['c', 'a', 'b'])
    const first = await call(registry, '/v2/a/tags/list?n=2')
    expect(first.json()).toEqual({ name: 'a', tags: ['a', 'b'] })
    const link = /^<(.+)>; rel="next"$/.exec(first.headers.link ?? '')?.[1]
    const second = await call(registry, link!)
    expect([second.json().tags, second.headers.link]).toEqual([['c'], undefined])
    expect((await call(registry, '/v2/a/tags/list?n=0')).json().tags).toEqual([])
    expect((await call(registry, '/v2/other/tags/list')).code()).toBe('NAME_UNKNOWN')
  })

  it('ignores paging by quirk', async () => {
    const registry = await withTags({ quirks: { ignoresPaging: true } }, ['c', 'a'])
    expect((await call(registry, '/v2/a/tags/list?n=1')).json().tags).toEqual(['c', 'a'])
  })

  it('lists repositories', async () => {
    const registry = await start()
    for (const name of ['b', 'a', 'c']) await pushBlob(registry, name, name)
    const page = await call(registry, '/v2/_catalog?n=2')
    expect([page.json(), page.headers.link]).toEqual([
      { repositories: ['a', 'b'] },
      '</v2/_catalog?n=2&last=b>; rel="next"',
    ])
  })
})

describe('referrers', () => {
  async function withReferrers(quirks: StartRegistryOptions['quirks']) {
    const registry = await start({ quirks })
    const subject = { mediaType: mediaTypes.ociManifest, digest: digestOf('not pushed'), size: 10 }
    const headers: (string | undefined)[] = []
    for (const artifactType of ['application/sbom', 'application/sig', 'application/sbom']) {
      const annotations = { number: String(headers.length) }
      const body = await manifestOf(registry, 'a', { artifactType, subject, annotations })
      const put = await call(registry, `/v2/a/manifests/${digestOf(body)}`, {
        method: 'PUT',
        body,
        headers: manifestHeaders,
      })
      headers.push(put.headers['oci-subject'])
    }
    return { registry, subject, headers, path: `/v2/a/referrers/${subject.digest}` }
  }

  it('lists them with type and annotations, filters them and pages', async () => {
    const { registry, subject, headers, path } = await withReferrers({ referrersPageSize: 2 })
    expect(headers).toEqual([subject.digest, subject.digest, subject.digest])
    const first = await call(registry, path)
    const entries = first.json().manifests as { artifactType: string; annotations: object }[]
    expect(entries.map(({ artifactType, annotations }) => [artifactType, annotations])).toEqual([
      ['application/sbom', { number: '0' }],
      ['application/sig', { number: '1' }],
    ])
    const link = /^<(.+)>; rel="next"$/.exec(first.headers.link ?? '')?.[1]
    expect((await call(registry, link!)).json().manifests).toHaveLength(1)
    const filtered = await call(registry, `${path}?artifactType=application/sbom`)
    expect([filtered.headers['oci-filters-applied'], (filtered.json().manifests as []).length]).toEqual([
      'artifactType',
      2,
    ])
    expect((await call(registry, `/v2/a/referrers/${digestOf('else')}`)).json().manifests).toEqual([])
  })

  it.each([
    ['has no API', { referrersApi: false }, [undefined, 404]],
    ['lies about it', { referrersApi: false, ociSubjectHeader: true }, [digestOf('not pushed'), 404]],
  ])('%s by quirk', async (_, quirks: Partial<RegistryQuirks>, expected) => {
    const { registry, headers, path } = await withReferrers(quirks)
    expect([headers[0], (await call(registry, path)).status]).toEqual(expected)
  })
})

describe('signing in', () => {
  const auth = { username: 'robot', password: 'secret' }
  const basic = (password: string) => ({
    authorization: `Basic ${Buffer.from(`robot:${password}`).toString('base64')}`,
  })

  it('asks for basic credentials', async () => {
    const registry = await start({ auth })
    const refused = await call(registry, '/v2/')
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([
      401,
      'Basic realm="sallyport testkit"',
    ])
    expect((await call(registry, '/v2/', { headers: basic('wrong') })).status).toBe(401)
    expect((await call(registry, '/v2/', { headers: basic('secret') })).status).toBe(200)
    expect(JSON.stringify(registry.requests)).not.toContain('secret')
  })

  it('hands out tokens that are worth what they were asked for', async () => {
    const registry = await start({ auth: { ...auth, scheme: 'token' } })
    const refused = await call(registry, '/v2/a/tags/list')
    const challenge = refused.headers['www-authenticate'] ?? ''
    expect(challenge).toContain('scope="repository:a:pull"')
    const realm = /realm="([^"]+)"/.exec(challenge)![1]!
    expect((await call(registry, `${realm}?scope=repository:a:pull`)).status).toBe(401)
    const { token } = (
      await call(registry, `${realm}?scope=repository:a:pull`, { headers: basic('secret') })
    ).json()
    const headers = { authorization: `Bearer ${String(token)}` }
    expect((await call(registry, '/v2/a/tags/list', { headers })).code()).toBe('NAME_UNKNOWN')
    const push = await call(registry, '/v2/a/blobs/uploads/', { method: 'POST', headers })
    expect([push.status, push.headers['www-authenticate']?.includes('insufficient_scope')]).toEqual([
      401,
      true,
    ])
  })
})

describe('injected faults', () => {
  it('answers what the hook says, and logs it', async () => {
    const registry = await start({
      onRequest: ({ kind }) =>
        kind === 'tags'
          ? { type: 'respond', status: 429, headers: { 'retry-after': '1' }, body: 'slow' }
          : undefined,
    })
    const answer = await call(registry, '/v2/a/tags/list')
    expect([answer.status, answer.headers['retry-after'], answer.bytes.toString()]).toEqual([
      429,
      '1',
      'slow',
    ])
    expect(registry.requests).toMatchObject([{ sequence: 0, kind: 'tags', repository: 'a', status: 429 }])
  })

  it('cuts a push in the middle, and the push can go on from there', async () => {
    const registry = await start()
    const { headers } = await call(registry, '/v2/a/blobs/uploads/', { method: 'POST' })
    registry.setRequestHook(({ method }) =>
      method === 'PATCH' ? { type: 'drop-connection', afterBytes: 4 } : undefined,
    )
    await expect(
      call(registry, headers.location!, { method: 'PATCH', body: 'all of it' }),
    ).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
    registry.setRequestHook(undefined)
    const progress = await call(registry, headers.location!)
    expect(progress.headers.range).toBe('0-3')
    const rest = await call(registry, progress.headers.location!, { method: 'PATCH', body: 'of it' })
    const digest = digestOf('all of it')
    expect(
      (await call(registry, `${rest.headers.location}&digest=${digest}`, { method: 'PUT' })).status,
    ).toBe(201)
    expect(registry.requests.map(({ status }) => status)).toEqual([202, 0, 204, 202, 201])
  })

  it('truncates, corrupts and lies', async () => {
    const registry = await start()
    const { digest } = await pushBlob(registry, 'a', 'content')
    const path = `/v2/a/blobs/${digest}`
    registry.setRequestHook(() => ({ type: 'alter-response', truncateAt: 3 }))
    await expect(call(registry, path)).rejects.toMatchObject({ code: 'UND_ERR_SOCKET' })
    registry.setRequestHook(() => ({ type: 'alter-response', flipByteAt: 2 }))
    const flipped = await call(registry, path)
    expect([flipped.bytes.length, flipped.bytes[2]]).toEqual([7, 'n'.charCodeAt(0) ^ 0xff])
    registry.setRequestHook(() => ({
      type: 'alter-response',
      headers: { 'docker-content-digest': digestOf('other'), etag: null },
    }))
    const lied = await call(registry, path)
    expect([lied.headers['docker-content-digest'], lied.headers.etag]).toEqual([digestOf('other'), undefined])
  })
})

it('redirects blobs to another host name that needs no credentials', async () => {
  const registry = await start({ quirks: { redirectsBlobs: true } })
  const { digest } = await pushBlob(registry, 'a', 'far')
  const { status, headers } = await call(registry, `/v2/a/blobs/${digest}`)
  expect([status, new URL(headers.location!).hostname]).toEqual([307, 'localhost'])
  const target = new URL(headers.location!)
  expect((await call(registry, target.pathname)).bytes.toString()).toBe('far')
})

it('logs requests in the order in which they were answered, with what they are about', async () => {
  const registry = await start()
  const body = await manifestOf(registry, 'team/app')
  registry.clearRequests()
  await call(registry, `/v2/team/app/manifests/${digestOf(body)}`, {
    method: 'PUT',
    body,
    headers: manifestHeaders,
  })
  await call(registry, '/v2/team/app/manifests/v1', { method: 'PUT', body, headers: manifestHeaders })
  expect(registry.requests).toMatchObject([
    {
      sequence: 0,
      method: 'PUT',
      kind: 'manifest',
      repository: 'team/app',
      digest: digestOf(body),
      isTag: false,
    },
    { sequence: 1, reference: 'v1', isTag: true, status: 201, manifest: { digest: digestOf(body) } },
  ])
})

it.each([
  ['/v2/UPPER/tags/list', 400, 'NAME_INVALID'],
  ['/v2/a/../b/tags/list', 404, 'NAME_UNKNOWN'],
  ['/v2/a%2f..%2fb/tags/list', 400, 'NAME_INVALID'],
  ['/v2/a/blobs/sha256:zz', 400, 'DIGEST_INVALID'],
  ['/elsewhere', 404, 'UNSUPPORTED'],
])('refuses the path %s', async (path, status, code) => {
  const registry = await start()
  const answer = await call(registry, path)
  expect([answer.status, answer.code()]).toEqual([status, code])
})
