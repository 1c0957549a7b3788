import { createHash } from 'node:crypto'
import { digestOf, mediaTypes } from '@sallyport/core'
import { describe, expect, it } from 'vitest'
import { call, manifestOf, pushBlob, pushSample, putManifest, start } from '../../testing/registry-calls.ts'
import type { TestRegistry } from '../start-registry.ts'
import { type RegistryProfile, registryProfiles } from './registry-profiles.ts'
import { faithfulRegistry } from './registry-quirks.ts'

const like = (profile: RegistryProfile) => start({ quirks: registryProfiles[profile] })
const subject = { mediaType: mediaTypes.ociManifest, digest: digestOf('subject'), size: 7 }

async function beginUpload(registry: TestRegistry, repository = 'team/app', query = ''): Promise<string> {
  const { status, headers } = await call(registry, `/v2/${repository}/blobs/uploads/${query}`, {
    method: 'POST',
  })
  expect(status).toBe(202)
  return headers.location!
}

const patch = (registry: TestRegistry, location: string, body: string | Uint8Array, range?: string) =>
  call(registry, location, {
    method: 'PATCH',
    body,
    headers: range === undefined ? {} : { 'content-range': range },
  })

async function codeOf(answer: Promise<Awaited<ReturnType<typeof call>>>) {
  const { status, code } = await answer
  return [status, code()]
}

it.each(Object.entries(registryProfiles))(
  '%s differs from a faithful registry where it says so',
  (_, quirks) => {
    const same = Object.entries(quirks).filter(([name, value]) => faithfulRegistry[name as 'mount'] === value)
    expect(same).toEqual([])
  },
)

describe('distribution-2.8', () => {
  it('appends parts whatever their Content-Range says', async () => {
    const registry = await like('distribution-2.8')
    const first = await patch(registry, await beginUpload(registry), 'a', '0-0')
    const second = await patch(registry, first.headers.location!, 'b', '9-9')
    expect([second.status, second.headers.range]).toEqual([202, '0-1'])
  })

  it('calls a sha512 blob by its sha256 digest, and serves it by both', async () => {
    const registry = await like('distribution-2.8')
    const digest = `sha512:${createHash('sha512').update('x').digest('hex')}`
    const location = await beginUpload(registry)
    const put = await call(registry, `${location}&digest=${digest}`, { method: 'PUT', body: 'x' })
    expect([put.status, put.headers['docker-content-digest']]).toEqual([201, digestOf('x')])
    expect(put.headers.location).toContain(`/blobs/${digestOf('x')}`)
    for (const name of [digest, digestOf('x')]) {
      expect((await call(registry, `/v2/team/app/blobs/${name}`)).bytes.toString()).toBe('x')
    }
  })

  it('hides OCI manifests from who does not ask for them, and refuses missing blobs and tag deletes with 400', async () => {
    const registry = await like('distribution-2.8')
    const digest = await pushSample(registry, 'a', 'v1')
    const get = (accept: string) => call(registry, '/v2/a/manifests/v1', { headers: { accept } })
    expect(await codeOf(get('*/*'))).toEqual([404, 'MANIFEST_UNKNOWN'])
    expect((await get(`text/html, ${mediaTypes.ociManifest};q=0.5`)).status).toBe(200)
    const body = await manifestOf(registry, 'a', { layers: [{ ...subject, mediaType: 'a/b' }] })
    expect(await codeOf(putManifest(registry, 'a', body))).toEqual([400, 'MANIFEST_BLOB_UNKNOWN'])
    const remove = (reference: string) => call(registry, `/v2/a/manifests/${reference}`, { method: 'DELETE' })
    expect(await codeOf(remove('v1'))).toEqual([400, 'DIGEST_INVALID'])
    expect((await remove(digest)).status).toBe(202)
  })

  it('ignores tag parameters and has no referrers', async () => {
    const registry = await like('distribution-2.8')
    const body = await manifestOf(registry, 'a', { subject })
    const path = `/v2/a/manifests/${digestOf(body)}?tag=v1`
    const headers = { 'content-type': mediaTypes.ociManifest }
    const put = await call(registry, path, { method: 'PUT', body, headers })
    expect([put.status, put.headers['oci-tag'], put.headers['oci-subject']]).toEqual([
      201,
      undefined,
      undefined,
    ])
    expect(registry.resolve('a', 'v1')).toBeUndefined()
    expect((await call(registry, `/v2/a/referrers/${subject.digest}`)).status).toBe(404)
  })
})

describe('ecr', () => {
  const part = 'p'.repeat(5 * 1024 * 1024)

  it('keeps telling the end of the first part, though it stores what follows', async () => {
    const registry = await like('ecr')
    const first = await patch(registry, await beginUpload(registry), part)
    expect([first.status, first.headers.range]).toEqual([201, `0-${part.length - 1}`])
    expect(first.headers['oci-chunk-min-length']).toBeUndefined()
    const second = await patch(registry, first.headers.location!, part)
    expect([second.status, second.headers.range]).toEqual([201, `0-${part.length - 1}`])
    expect((await call(registry, second.headers.location!)).status).toBe(404)
    const trusting = await patch(registry, second.headers.location!, 'x', `${part.length}-${part.length}`)
    expect(trusting.status).toBe(416)
    const digest = digestOf(part + part)
    const put = await call(registry, `${second.headers.location}&digest=${digest}`, { method: 'PUT' })
    expect(put.status).toBe(201)
  })

  it('refuses a part after one that was too small', async () => {
    const registry = await like('ecr')
    const first = await patch(registry, await beginUpload(registry), 'small')
    expect(await codeOf(patch(registry, first.headers.location!, 'x'))).toEqual([400, 'BLOB_UPLOAD_INVALID'])
    const put = `${first.headers.location}&digest=${digestOf('small')}`
    expect((await call(registry, put, { method: 'PUT' })).status).toBe(201)
  })

  it('redirects blobs and refuses pages of more than 1000 tags', async () => {
    const registry = await like('ecr')
    const { digest } = await pushBlob(registry, 'a', 'x')
    expect((await call(registry, `/v2/a/blobs/${digest}`)).status).toBe(307)
    expect(await codeOf(call(registry, '/v2/a/tags/list?n=1001'))).toEqual([405, 'UNSUPPORTED'])
    expect((await call(registry, '/v2/a/tags/list?n=1000')).status).toBe(200)
  })
})

describe.each([
  ['ecr-immutable', 400, 'TAG_INVALID'],
  ['harbor-immutable', 412, 'PRECONDITION'],
  ['immutable', 409, 'DENIED'],
] as const)('%s', (profile, status, code) => {
  it(`answers ${status} ${code} to a tag that would move, and lets excepted tags move`, async () => {
    const quirks = { ...registryProfiles[profile], immutableTagsExcept: ['sha256-*'] }
    const registry = await start({ quirks })
    for (const tag of ['v1', 'sha256-0', 'xsha256-0']) await pushSample(registry, 'a', tag)
    const body = await manifestOf(registry, 'a', { annotations: { other: 'yes' } })
    expect(await codeOf(putManifest(registry, 'a', body, { tag: 'v1' }))).toEqual([status, code])
    expect(await codeOf(putManifest(registry, 'a', body, { tag: 'xsha256-0' }))).toEqual([status, code])
    expect((await putManifest(registry, 'a', body, { tag: 'sha256-0' })).status).toBe(201)
    expect(registry.snapshot().a?.tags).toMatchObject({ 'sha256-0': digestOf(body) })
  })
})

it('ghcr has no referrers, refuses large parts and lists old tags first', async () => {
  const registry = await like('ghcr')
  for (const tag of ['z', 'a', 'm']) await pushSample(registry, 'a', tag)
  const page = await call(registry, '/v2/a/tags/list?n=2')
  expect(page.json().tags).toEqual(['z', 'a'])
  const next = /<(.+)>/.exec(page.headers.link!)![1]!
  expect((await call(registry, next)).json().tags).toEqual(['m'])
  expect((await call(registry, `/v2/a/referrers/${subject.digest}`)).status).toBe(404)
  const limit = 4 * 1024 * 1024
  const first = await patch(registry, await beginUpload(registry, 'a'), Buffer.alloc(limit))
  expect(first.status).toBe(202)
  expect((await patch(registry, first.headers.location!, Buffer.alloc(limit + 1))).status).toBe(416)
})

describe('gar', () => {
  it('leads a request for referrers to a page that says 200', async () => {
    const registry = await like('gar')
    const redirect = await call(registry, `/v2/a/referrers/${subject.digest}`)
    const page = await call(registry, redirect.headers.location!)
    expect([redirect.status, page.status, page.headers['content-type']]).toEqual([
      302,
      200,
      'text/html; charset=utf-8',
    ])
  })

  it('takes one part only, and sends more header bytes than Node.js allows', async () => {
    const registry = await like('gar')
    const first = await patch(registry, await beginUpload(registry), 'whole')
    expect(await codeOf(patch(registry, first.headers.location!, '!'))).toEqual([400, 'BLOB_UPLOAD_INVALID'])
    expect(first.headers['x-padding']).toHaveLength(21 * 1024)
    await expect(fetch(`${registry.url}/v2/`)).rejects.toMatchObject({
      cause: { code: 'UND_ERR_HEADERS_OVERFLOW' },
    })
  })

  it('looks at one scope and answers 403 without a challenge to a token that has too few', async () => {
    const auth = { username: 'robot', password: 'secret', scheme: 'token' } as const
    const registry = await start({ quirks: registryProfiles.gar, auth })
    const authorization = `Basic ${Buffer.from('robot:secret').toString('base64')}`
    const scopes = 'scope=repository:a:pull&scope=repository:b:pull'
    const { token } = (await call(registry, `/token?${scopes}`, { headers: { authorization } })).json()
    const list = (name: string) =>
      call(registry, `/v2/${name}/tags/list`, { headers: { authorization: `Bearer ${String(token)}` } })
    expect(await codeOf(list('a'))).toEqual([404, 'NAME_UNKNOWN'])
    const refused = await list('b')
    expect([refused.status, refused.headers['www-authenticate']]).toEqual([403, undefined])
  })
})

describe('acr', () => {
  it.each([
    ['bytes 0-4/*', 400],
    ['bytes 0-4', 400],
    ['0-4', 202],
  ])('answers to Content-Range %s with %i', async (range, status) => {
    const registry = await like('acr')
    expect((await patch(registry, await beginUpload(registry), 'whole', range)).status).toBe(status)
  })

  it('throttles the first push of each manifest and refuses large blobs in one request', async () => {
    const registry = await like('acr')
    const body = await manifestOf(registry, 'a')
    const first = await putManifest(registry, 'a', body, { tag: 'v1' })
    expect([first.status, first.headers['retry-after'], first.code()]).toEqual([429, '0', 'TOOMANYREQUESTS'])
    expect((await putManifest(registry, 'a', body, { tag: 'v1' })).status).toBe(201)
    const large = Buffer.alloc(20 * 1024 * 1024 + 1)
    const put = `${await beginUpload(registry)}&digest=${digestOf(large)}`
    expect((await call(registry, put, { method: 'PUT', body: large })).status).toBe(413)
  })
})

describe.each([
  ['docker-hub', 400, 'NAME_INVALID'],
  ['docker-hub-2024', 400, 'NAME_INVALID'],
  ['harbor', 401, 'UNAUTHORIZED'],
] as const)('%s', (profile, status, code) => {
  it(`answers ${status} ${code} to a mount from a repository that is not there`, async () => {
    const registry = await like(profile)
    const { digest } = await pushBlob(registry, 'team/base', 'x')
    const mount = (from: string) =>
      call(registry, `/v2/team/app/blobs/uploads/?mount=${digest}&from=${from}`, { method: 'POST' })
    expect(await codeOf(mount('elsewhere/base'))).toEqual([status, code])
    expect((await mount('team/base')).status).toBe(201)
  })
})

it.each([
  ['docker-hub', subject.digest, 200],
  ['docker-hub-2024', subject.digest, 404],
  ['harbor-2.7', undefined, 401],
  ['artifactory', undefined, 406],
  ['quay-2024', undefined, 200],
] as const)(
  '%s answers a push with OCI-Subject %s and the referrers with %i',
  async (profile, header, status) => {
    const registry = await like(profile)
    const put = await putManifest(
      registry,
      'a',
      await manifestOf(registry, 'a', { subject, artifactType: 'a/b' }),
    )
    expect(put.headers['oci-subject']).toBe(header)
    const list = await call(registry, `/v2/a/referrers/${subject.digest}`)
    expect(list.status).toBe(status)
  },
)

it('quay refuses mounts without from and pages of more than 100 tags', async () => {
  const registry = await like('quay')
  const { digest } = await pushBlob(registry, 'a', 'x')
  const mount = call(registry, `/v2/b/blobs/uploads/?mount=${digest}`, { method: 'POST' })
  expect(await codeOf(mount)).toEqual([400, 'UNSUPPORTED'])
  expect((await call(registry, '/v2/a/tags/list?n=101')).status).toBe(413)
})

it('quay-2024 lists referrers without types and annotations', async () => {
  const registry = await like('quay-2024')
  const body = await manifestOf(registry, 'a', { subject, artifactType: 'a/b', annotations: { a: 'b' } })
  await putManifest(registry, 'a', body)
  const { manifests } = (await call(registry, `/v2/a/referrers/${subject.digest}`)).json()
  expect(manifests).toEqual([
    { mediaType: mediaTypes.ociManifest, digest: digestOf(body), size: Buffer.byteLength(body) },
  ])
})

it('harbor refuses writes that bring its cookie back, and gives no tokens to POST', async () => {
  const auth = { username: 'robot', password: 'secret', scheme: 'token' } as const
  const registry = await start({ quirks: registryProfiles.harbor })
  const ping = await call(registry, '/v2/')
  expect(ping.headers['set-cookie']).toHaveLength(2)
  const begin = (headers: Record<string, string>) =>
    call(registry, '/v2/a/blobs/uploads/', { method: 'POST', headers })
  expect(await codeOf(begin({ cookie: 'sid=session' }))).toEqual([403, 'DENIED'])
  expect((await begin({})).status).toBe(202)
  const withTokens = await start({ quirks: registryProfiles.harbor, auth })
  expect((await call(withTokens, '/token', { method: 'POST', body: 'grant_type=password' })).status).toBe(405)
})

it('artifactory answers 403 to a missing tag, drops the prefix of links and challenges without a scope', async () => {
  const registry = await like('artifactory')
  for (const tag of ['a', 'b']) await pushSample(registry, 'docker-local/team/app', tag)
  for (const method of ['HEAD', 'GET']) {
    const missing = await call(registry, '/v2/docker-local/team/app/manifests/none', { method })
    expect(missing.status).toBe(403)
  }
  const byDigest = await call(registry, `/v2/docker-local/team/app/manifests/${subject.digest}`)
  expect(byDigest.code()).toBe('MANIFEST_UNKNOWN')
  const page = await call(registry, '/v2/docker-local/team/app/tags/list?n=1')
  expect(page.headers.link).toBe('</v2/team/app/tags/list?n=1&last=a>; rel="next"')
  const auth = { username: 'robot', password: 'secret', scheme: 'token' } as const
  const closed = await start({ quirks: registryProfiles.artifactory, auth })
  const { headers } = await call(closed, '/v2/a/tags/list')
  expect(headers['www-authenticate']).not.toContain('scope')
})

it('gitlab takes the fallback tag for the digest, until something is pushed under it', async () => {
  const registry = await like('gitlab')
  const digest = await pushSample(registry, 'a', 'v1')
  const answer = await call(registry, `/v2/a/manifests/${digest.replace(':', '-')}`)
  expect([answer.status, answer.headers['docker-content-digest']]).toEqual([200, digest])
  const tag = digest.replace(':', '-')
  const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [] })
  const headers = { 'content-type': mediaTypes.ociIndex }
  await call(registry, `/v2/a/manifests/${tag}`, { method: 'PUT', body: index, headers })
  expect((await call(registry, `/v2/a/manifests/${tag}`)).bytes.toString()).toBe(index)
})

it('nexus answers 404 to HEAD of a manifest that GET finds', async () => {
  const registry = await like('nexus')
  await pushSample(registry, 'a', 'v1')
  const ask = (method: string) => call(registry, '/v2/a/manifests/v1', { method })
  expect([(await ask('HEAD')).status, (await ask('GET')).status]).toEqual([404, 200])
})

it('gitea offers two schemes in one header, with tokens for everything, and refuses a sparse index', async () => {
  const auth = { username: 'robot', password: 'secret', scheme: 'token' } as const
  const registry = await start({ quirks: registryProfiles.gitea, auth })
  const basic = { authorization: `Basic ${Buffer.from('robot:secret').toString('base64')}` }
  const { headers } = await call(registry, '/v2/a/tags/list')
  const parameters = `realm="${registry.url}/token",service="sallyport-testkit",scope="*"`
  expect(headers['www-authenticate']).toBe(`Bearer ${parameters},Basic ${parameters}`)
  const { token } = (await call(registry, '/token?scope=*', { headers: basic })).json()
  for (const allowed of [basic, { authorization: `Bearer ${String(token)}` }]) {
    expect(await codeOf(call(registry, '/v2/a/tags/list', { headers: allowed }))).toEqual([
      404,
      'NAME_UNKNOWN',
    ])
  }
  const index = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: [subject] })
  const put = putManifest(registry, 'a', index, { tag: 'v1', headers: basic })
  expect(await codeOf(put)).toEqual([404, 'MANIFEST_BLOB_UNKNOWN'])
})

it('sends warnings by quirk', async () => {
  const registry = await start({ quirks: { warnings: ['use "other" soon', 'second'] } })
  const { headers } = await call(registry, '/v2/')
  expect(headers.warning).toEqual(['299 - "use \\"other\\" soon"', '299 - "second"'])
})

it('cancels no upload by quirk', async () => {
  const registry = await start({ quirks: { uploadCancel: false } })
  const location = await beginUpload(registry)
  expect((await call(registry, location, { method: 'DELETE' })).status).toBe(405)
  expect((await patch(registry, location, 'x')).status).toBe(202)
})
