import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Script, startScriptedServer } from '../testing/scripted-server.ts'
import { acrCredentials } from './acr-credentials.ts'

const registry = 'sallyport.azurecr.io'
const now = new Date('2026-03-01T10:00:00Z')
const inThreeHours = Math.floor(now.getTime() / 1000) + 3 * 3600
const refreshToken = `e30.${Buffer.from(JSON.stringify({ exp: inThreeHours })).toString('base64url')}.sig`
const found = {
  type: 'password',
  username: '00000000-0000-0000-0000-000000000000',
  password: refreshToken,
}
const tokens = {
  workload: 'entra-workload',
  secret: 'entra-secret',
  app: 'entra-app',
  machine: 'entra-machine',
}

/** Entra, the metadata service, App Service and the registry's own exchange. */
const azure: Script = ({ method, url, headers, body }, response) => {
  const { pathname, searchParams } = new URL(url, 'http://x')
  const form = new URLSearchParams(body.toString())
  const refuse = (): void => void response.writeHead(401).end()
  const give = (access_token: string): void =>
    void response.end(JSON.stringify({ access_token, expires_in: '3599' }))
  const resource = searchParams.get('resource') === 'https://containerregistry.azure.net'
  switch (`${method} ${pathname}`) {
    case 'POST /my-tenant/oauth2/v2.0/token':
      if (form.get('scope') !== 'https://containerregistry.azure.net/.default') return refuse()
      if (form.get('client_assertion') === 'federated token') return give(tokens.workload)
      return form.get('client_secret') === 'hush' ? give(tokens.secret) : refuse()
    case 'GET /app':
      return resource && headers['x-identity-header'] === 'app header' ? give(tokens.app) : refuse()
    case 'GET /metadata/identity/oauth2/token':
      return resource && headers['metadata'] === 'true' ? give(tokens.machine) : refuse()
    case 'POST /oauth2/exchange': {
      const isKnown = Object.values(tokens).includes(form.get('access_token') ?? '')
      if (!isKnown || form.get('service') !== registry || form.get('grant_type') !== 'access_token')
        return refuse()
      return void response.end(JSON.stringify({ refresh_token: refreshToken }))
    }
    default:
      return refuse()
  }
}

describe('acrCredentials', () => {
  it.each([
    'registry.example',
    'sallyport.azurecr.io.example',
    'evil.example.azurecr.io.example',
    'a.b.azurecr.io',
    'azurecr.io',
    'sallyport.azurecr.io:443',
    'sallyport.azurecr.de',
  ])('has nothing for %s', async (host) => {
    const provider = acrCredentials({ accessToken: () => Promise.reject(new Error('must not be asked')) })
    expect(await provider.find({ registry: host })).toBeUndefined()
  })

  it.each([
    [
      'a federated workload',
      (host: string, file: string) => ({
        AZURE_TENANT_ID: 'my-tenant',
        AZURE_CLIENT_ID: 'c',
        AZURE_FEDERATED_TOKEN_FILE: file,
        AZURE_AUTHORITY_HOST: `http://${host}/`,
      }),
    ],
    [
      'a service principal',
      (host: string) => ({
        AZURE_TENANT_ID: 'my-tenant',
        AZURE_CLIENT_ID: 'c',
        AZURE_CLIENT_SECRET: 'hush',
        AZURE_AUTHORITY_HOST: `http://${host}`,
      }),
    ],
    [
      'App Service',
      (host: string) => ({ IDENTITY_ENDPOINT: `http://${host}/app`, IDENTITY_HEADER: 'app header' }),
    ],
    ['the machine', (host: string) => ({ AZURE_POD_IDENTITY_AUTHORITY_HOST: `http://${host}` })],
  ])('exchanges the token of %s', async (_, env) => {
    await using server = await startScriptedServer(azure)
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-azure-'))
    try {
      const file = join(folder, 'token')
      await writeFile(file, 'federated token\n')
      const provider = acrCredentials({
        env: env(server.host, file),
        origin: () => `http://${server.host}`,
        clock: { now: () => now },
      })
      expect(await provider.find({ registry })).toEqual(found)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('does not send the header of App Service to another machine in the clear', async () => {
    const env = { IDENTITY_ENDPOINT: 'http://app.invalid/', IDENTITY_HEADER: 'hush' }
    await expect(acrCredentials({ env }).find({ registry })).rejects.toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.stringContaining('app.invalid is not asked without TLS') as string,
    })
  })

  it('says nothing of a setting that is no URL', async () => {
    const settings = { AZURE_TENANT_ID: 't', AZURE_CLIENT_ID: 'c', AZURE_CLIENT_SECRET: 'hush' }
    const env = { ...settings, AZURE_AUTHORITY_HOST: 'https://me:pa55word@[login' }
    await expect(acrCredentials({ env }).find({ registry })).rejects.toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.not.stringContaining('pa55word') as string,
    })
  })

  it('keeps the refresh token until shortly before its own end', async () => {
    await using server = await startScriptedServer(azure)
    let time = now
    const provider = acrCredentials({
      accessToken: async () => ({ value: tokens.app, expiresAt: 0 }),
      origin: () => `http://${server.host}`,
      clock: { now: () => time },
    })
    await Promise.all([1, 2].map(() => provider.find({ registry })))
    time = new Date(now.getTime() + 2.8 * 3_600_000)
    await provider.find({ registry })
    expect(server.seen).toHaveLength(1)
    time = new Date(now.getTime() + 2.9 * 3_600_000)
    await provider.find({ registry })
    expect(server.seen).toHaveLength(2)
  })

  it.each([
    [401, '{}'],
    [200, '{"access_token":"entra-app"}'],
  ])('fails when the registry answers %i %s', async (status, body) => {
    await using server = await startScriptedServer((_, response) => void response.writeHead(status).end(body))
    const provider = acrCredentials({
      accessToken: async () => ({ value: tokens.app, expiresAt: 0 }),
      origin: () => `http://${server.host}`,
    })
    await expect(provider.find({ registry })).rejects.toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.not.stringContaining(tokens.app),
    })
  })
})
