import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hashSync } from 'bcryptjs'
import { describe, expect, it } from 'vitest'
import { call, folder, pushBlob, start } from '../../testing/registry-calls.ts'
import type { TestRegistry } from '../start-registry.ts'
import type { RegistryAuth } from './registry-auth.ts'

const basic = (name: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`,
})
const bearer = (token: unknown) => ({ authorization: `Bearer ${String(token)}` })
const users = [
  { username: 'admin', password: 'root' },
  {
    username: 'reader',
    password: 'read',
    grants: [
      { repository: 'team/*', actions: ['pull'] },
      { repository: 'reader/own', actions: ['pull', 'push', 'delete'] },
    ],
  },
] as const

const listTags = (registry: TestRegistry, repository: string, headers = {}) =>
  call(registry, `/v2/${repository}/tags/list`, { headers })
const beginUpload = (registry: TestRegistry, repository: string, headers = {}) =>
  call(registry, `/v2/${repository}/blobs/uploads/`, { method: 'POST', headers })

async function postToken(registry: TestRegistry, form: Record<string, string>) {
  const answer = await call(registry, '/token', {
    method: 'POST',
    body: new URLSearchParams(form).toString(),
  })
  return { status: answer.status, json: answer.json() }
}

describe('basic credentials', () => {
  it('let each user do what the grants say', async () => {
    const registry = await start({ auth: { users } })
    const reader = basic('reader', 'read')
    expect((await listTags(registry, 'team/app', reader)).code()).toBe('NAME_UNKNOWN')
    expect((await beginUpload(registry, 'team/app', reader)).status).toBe(403)
    expect((await beginUpload(registry, 'reader/own', reader)).status).toBe(202)
    expect((await listTags(registry, 'other/team/app', reader)).status).toBe(403)
    expect((await beginUpload(registry, 'team/app', basic('admin', 'root'))).status).toBe(202)
    expect((await listTags(registry, 'team/app', basic('admin', 'read'))).status).toBe(401)
  })

  it('are those of a htpasswd file, once right and later wrong', async () => {
    const htpasswd = join(await folder(), 'htpasswd')
    await writeFile(htpasswd, `anna:${hashSync('one', 4)}\nbob:${hashSync('two', 4)}\n`)
    const registry = await start({ auth: { htpasswd } })
    const ping = async (headers = {}) => (await call(registry, '/v2/', { headers })).status
    expect([await ping(), await ping(basic('anna', 'one')), await ping(basic('anna', 'one'))]).toEqual([
      401, 200, 200,
    ])
    expect([await ping(basic('anna', 'two')), await ping(basic('bob', 'two'))]).toEqual([401, 200])
  })

  it('are not needed to read where anybody may', async () => {
    const registry = await start({ auth: { users, anonymousPull: true } })
    expect((await listTags(registry, 'any')).status).toBe(404)
    expect((await beginUpload(registry, 'any')).status).toBe(401)
  })

  it('are needed before a registry with a file that is no htpasswd file starts', async () => {
    const htpasswd = join(await folder(), 'htpasswd')
    await writeFile(htpasswd, 'anna:plain\n')
    await expect(start({ auth: { htpasswd } })).rejects.toThrow(/htpasswd/)
  })
})

describe('tokens', () => {
  const auth: RegistryAuth = { users, scheme: 'token' }

  it('allow what was asked for and granted, in each repository by itself', async () => {
    const registry = await start({ auth })
    const path = '/token?scope=repository:team/app:pull,push&scope=repository:reader/own:pull'
    const { token } = (await call(registry, path, { headers: basic('reader', 'read') })).json()
    expect((await listTags(registry, 'team/app', bearer(token))).status).toBe(404)
    const push = await beginUpload(registry, 'team/app', bearer(token))
    expect([push.status, push.headers['www-authenticate']]).toEqual([
      401,
      `Bearer realm="${registry.url}/token",service="sallyport-testkit",scope="repository:team/app:pull,push",error="insufficient_scope"`,
    ])
    expect((await beginUpload(registry, 'reader/own', bearer(token))).status).toBe(401)
    expect((await listTags(registry, 'reader/other', bearer(token))).status).toBe(401)
  })

  it('need pull of the source for a mount', async () => {
    const registry = await start({ auth })
    const url = '/v2/a/blobs/uploads/?mount=sha256:' + '0'.repeat(64) + '&from=b'
    const { headers } = await call(registry, url, { method: 'POST' })
    expect(headers['www-authenticate']).toContain('scope="repository:a:pull,push repository:b:pull"')
  })

  it('end when their time is over', async () => {
    let now = Date.UTC(2026, 0, 1)
    const registry = await start({ auth: { ...auth, tokenLifetimeSeconds: 60 }, now: () => now })
    const path = '/token?scope=repository:a:pull'
    const answer = (await call(registry, path, { headers: basic('admin', 'root') })).json()
    expect(answer).toMatchObject({ expires_in: 60, issued_at: '2026-01-01T00:00:00.000Z' })
    const status = async () => (await listTags(registry, 'a', bearer(answer.token))).status
    now += 59_999
    expect(await status()).toBe(404)
    now += 1
    expect(await status()).toBe(401)
  })

  it('come by the password grant and again by the refresh token', async () => {
    const registry = await start({ auth })
    const scope = 'repository:a:pull,push'
    const form = {
      grant_type: 'password',
      username: 'admin',
      password: 'root',
      scope,
      service: 'x',
      client_id: 'y',
    }
    const plain = await postToken(registry, form)
    expect([plain.status, plain.json.scope, 'refresh_token' in plain.json]).toEqual([200, scope, false])
    const offline = await postToken(registry, { ...form, access_type: 'offline' })
    const refreshed = await postToken(registry, {
      grant_type: 'refresh_token',
      refresh_token: String(offline.json.refresh_token),
      scope,
    })
    expect((await beginUpload(registry, 'a', bearer(refreshed.json.access_token))).status).toBe(202)
    expect(refreshed.json.refresh_token).toMatch(/./)
  })

  it('come with a refresh token to a GET with offline_token', async () => {
    const registry = await start({ auth })
    const ask = async (query: string) =>
      (await call(registry, `/token?${query}`, { headers: basic('admin', 'root') })).json()
    expect(await ask('offline_token=true')).toHaveProperty('refresh_token')
    expect(await ask('')).not.toHaveProperty('refresh_token')
  })

  it.each([
    ['a wrong password', { grant_type: 'password', username: 'admin', password: 'read' }, 401],
    ['an unknown refresh token', { grant_type: 'refresh_token', refresh_token: 'x' }, 401],
    ['another grant', { grant_type: 'client_credentials' }, 400],
    ['no form', {}, 400],
  ])('are refused to %s', async (_, form, status) => {
    const registry = await start({ auth })
    expect((await postToken(registry, form as Record<string, string>)).status).toBe(status)
  })

  it('let anybody read where anybody may, and nothing else', async () => {
    const registry = await start({ auth: { ...auth, anonymousPull: true } })
    const { token } = (await call(registry, '/token?scope=repository:a:pull,push')).json()
    expect((await listTags(registry, 'a', bearer(token))).status).toBe(404)
    expect((await beginUpload(registry, 'a', bearer(token))).status).toBe(401)
  })

  it('list the catalog when asked for it', async () => {
    const registry = await start({ auth })
    const ask = async (scope: string) => {
      const headers = basic('admin', 'root')
      const { token } = (await call(registry, `/token?scope=${scope}`, { headers })).json()
      return (await call(registry, '/v2/_catalog', { headers: bearer(token) })).status
    }
    expect([await ask('registry:catalog:*'), await ask('repository:a:pull')]).toEqual([200, 401])
  })
})

it('needs no credentials without users', async () => {
  const registry = await start()
  await pushBlob(registry, 'a', 'x')
  expect((await call(registry, '/token')).status).toBe(404)
})
