import { generateKeyPairSync, verify } from 'node:crypto'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Script, startScriptedServer } from '../testing/scripted-server.ts'
import { garCredentials } from './gar-credentials.ts'

const registry = 'europe-west3-docker.pkg.dev'
const now = new Date('2026-03-01T10:00:00Z')
const clock = { now: () => now }
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
const found = (password: string) => ({ type: 'password', username: 'oauth2accesstoken', password })

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-google-'))
})
afterEach(() => rm(folder, { recursive: true }))

/** Google's token servers and metadata service. */
const google: Script = ({ url, headers, body }, response) => {
  const form = new URLSearchParams(body.toString())
  const give = (access_token: string): void =>
    void response.end(JSON.stringify({ access_token, expires_in: 3600, token_type: 'Bearer' }))
  const refuse = (): void => void response.writeHead(400).end('{"error":"invalid_grant"}')
  if (url.startsWith('/computeMetadata/')) {
    if (headers['metadata-flavor'] !== 'Google') return refuse()
    response.setHeader('metadata-flavor', 'Google')
    return give('of-metadata')
  }
  if (url === '/impersonate') {
    if (headers.authorization !== 'Bearer federated') return refuse()
    return void response.end(
      JSON.stringify({ accessToken: 'impersonated', expireTime: '2026-03-01T11:00:00Z' }),
    )
  }
  switch (form.get('grant_type')) {
    case 'urn:ietf:params:oauth:grant-type:jwt-bearer': {
      const [header = '', claims = '', signature = ''] = (form.get('assertion') ?? '').split('.')
      const isSigned = verify(
        'RSA-SHA256',
        Buffer.from(`${header}.${claims}`),
        publicKey,
        Buffer.from(signature, 'base64url'),
      )
      const { iss, aud, iat, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as Record<
        string,
        unknown
      >
      const isRight =
        iss === 'gate@p.iam' &&
        aud === `http://${headers.host}/token` &&
        iat === 1772359200 &&
        exp === 1772362800
      return isSigned && isRight ? give('of-service-account') : refuse()
    }
    case 'refresh_token':
      return form.get('refresh_token') === 'mine' ? give('of-user') : refuse()
    case 'urn:ietf:params:oauth:grant-type:token-exchange':
      return form.get('subject_token') === 'id token' ? give('federated') : refuse()
    default:
      return refuse()
  }
}

describe('garCredentials', () => {
  it.each([
    'registry.example',
    'gcr.io.example',
    'evil-gcr.io',
    'x.gcr.io',
    'docker.pkg.dev',
    'a.b-docker.pkg.dev',
    'us-docker.pkg.dev.example',
    'us-docker.pkg.dev:443',
    'us-npm.pkg.dev',
  ])('has nothing for %s', async (host) => {
    const provider = garCredentials({ accessToken: () => Promise.reject(new Error('must not be asked')) })
    expect(await provider.find({ registry: host })).toBeUndefined()
  })

  it.each([registry, 'us-docker.pkg.dev', 'gcr.io', 'eu.gcr.io'])('knows %s', async (host) => {
    const accessToken = async () => ({ value: 'own', expiresAt: Number.MAX_SAFE_INTEGER })
    expect(await garCredentials({ accessToken }).find({ registry: host })).toEqual(found('own'))
  })

  it.each([
    [
      'a service account',
      'of-service-account',
      (host: string) => ({
        type: 'service_account',
        client_email: 'gate@p.iam',
        private_key: pem,
        private_key_id: 'k1',
        token_uri: `http://${host}/token`,
      }),
    ],
    [
      'a user',
      'of-user',
      (host: string) => ({
        type: 'authorized_user',
        client_id: 'c',
        client_secret: 's',
        refresh_token: 'mine',
        token_uri: `http://${host}/token`,
      }),
    ],
    [
      'a federated workload',
      'federated',
      (host: string) => ({
        type: 'external_account',
        audience: '//iam.googleapis.com/x',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: `http://${host}/token`,
        credential_source: { file: join(folder, 'plain') },
      }),
    ],
    [
      'a workload that stands in for a service account',
      'impersonated',
      (host: string) => ({
        type: 'external_account',
        audience: '//iam.googleapis.com/x',
        subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
        token_url: `http://${host}/token`,
        service_account_impersonation_url: `http://${host}/impersonate`,
        credential_source: {
          file: join(folder, 'json'),
          format: { type: 'json', subject_token_field_name: 'value' },
        },
      }),
    ],
  ])('takes the token of %s', async (_, token, content) => {
    await using server = await startScriptedServer(google)
    await writeFile(join(folder, 'plain'), 'id token\n')
    await writeFile(join(folder, 'json'), '{"value":"id token"}')
    const file = join(folder, 'application_default_credentials.json')
    await writeFile(file, JSON.stringify(content(server.host)))
    const named = garCredentials({ env: { GOOGLE_APPLICATION_CREDENTIALS: file }, clock })
    expect(await named.find({ registry })).toEqual(found(token))
    const wellKnown = garCredentials({ env: { CLOUDSDK_CONFIG: folder }, clock })
    expect(await wellKnown.find({ registry })).toEqual(found(token))
    const gcloud = join(folder, 'gcloud')
    await mkdir(gcloud, { recursive: true })
    await rename(file, join(gcloud, 'application_default_credentials.json'))
    const onWindows = garCredentials({ env: { APPDATA: folder }, clock })
    expect(await onWindows.find({ registry })).toEqual(found(token))
  })

  it('takes the token of the metadata service, once until shortly before its end', async () => {
    await using server = await startScriptedServer(google)
    let time = now
    const provider = garCredentials({
      env: { CLOUDSDK_CONFIG: folder, GCE_METADATA_HOST: server.host },
      clock: { now: () => time },
    })
    expect(await provider.find({ registry })).toEqual(found('of-metadata'))
    await provider.find({ registry: 'gcr.io' })
    expect(server.seen).toHaveLength(1)
    time = new Date(now.getTime() + 51 * 60_000)
    await provider.find({ registry })
    expect(server.seen).toHaveLength(2)
  })

  it.each([
    ['a home that is no folder', { HOME: '/dev/null' }],
    ['no file in the folder that Windows has for it', { APPDATA: '/nowhere' }],
  ])('takes the token of the metadata service with %s', async (_, env) => {
    await using server = await startScriptedServer(google)
    const provider = garCredentials({ env: { ...env, GCE_METADATA_HOST: server.host }, clock })
    expect(await provider.find({ registry })).toEqual(found('of-metadata'))
  })

  it('does not ask again where there is no metadata service', async () => {
    const env = { CLOUDSDK_CONFIG: folder, GCE_METADATA_HOST: 'metadata.invalid' }
    await expect(garCredentials({ env }).find({ registry })).rejects.toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      retryable: false,
    })
  })

  it('does not believe a server that only stands at the place of the metadata service', async () => {
    await using server = await startScriptedServer(
      (_, response) => void response.end('{"access_token":"x","expires_in":1}'),
    )
    const env = { CLOUDSDK_CONFIG: folder, GCE_METADATA_HOST: server.host }
    await expect(garCredentials({ env }).find({ registry })).rejects.toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
    })
  })

  it.each([
    ['no JSON', '-----BEGIN'],
    ['of another type', '{"type":"secret-thing"}'],
    ['without a usable key', `{"type":"service_account","client_email":"a","private_key":"secret-thing"}`],
    [
      'for a token server without TLS',
      `{"type":"authorized_user","client_id":"a","client_secret":"secret-thing","refresh_token":"b","token_uri":"http://t.example/"}`,
    ],
  ])('fails for a file that is %s, without showing it', async (_, content) => {
    const file = join(folder, 'file.json')
    await writeFile(file, content)
    const provider = garCredentials({ env: { GOOGLE_APPLICATION_CREDENTIALS: file } })
    await expect(provider.find({ registry })).rejects.toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.not.stringContaining('secret-thing'),
    })
  })
})
