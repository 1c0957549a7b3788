import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Script, startScriptedServer } from '../testing/scripted-server.ts'
import { ecrCredentials } from './ecr-credentials.ts'
import { signAwsRequest } from './sign-aws-request.ts'

const registry = '123456789012.dkr.ecr.eu-central-1.amazonaws.com'
const now = new Date('2026-03-01T10:00:00Z')
const clock = { now: () => now }
const keys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret/key', sessionToken: 'session' }
const inTwelveHours = now.getTime() / 1000 + 12 * 3600
const awsPassword = { type: 'password', username: 'AWS', password: 'to:ken' }

/** ECR's API, which checks signatures made with `keys`. */
function ecrApi(region: string, service: string, isPublic = false): Script {
  return ({ method, url, headers, body }, response) => {
    const { 'content-type': type = '', 'x-amz-target': target = '', host } = headers
    const request = {
      method,
      url: new URL(url, `http://${host}`),
      headers: { 'content-type': type, 'x-amz-target': String(target) },
      body: body.toString(),
      region,
      service,
    }
    if (headers.authorization !== signAwsRequest(request, keys, now)['authorization'])
      return void response.writeHead(403).end('{"__type":"InvalidSignatureException"}')
    const data = {
      authorizationToken: Buffer.from('AWS:to:ken').toString('base64'),
      expiresAt: inTwelveHours,
      proxyEndpoint: `https://${registry}`,
    }
    response.end(JSON.stringify({ authorizationData: isPublic ? data : [data] }))
  }
}

describe('ecrCredentials', () => {
  it.each([
    [registry, 'AWS_ENDPOINT_URL_ECR', 'eu-central-1', 'ecr', false],
    [
      '123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com',
      'AWS_ENDPOINT_URL_ECR',
      'us-gov-west-1',
      'ecr',
      false,
    ],
    ['123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn', 'AWS_ENDPOINT_URL_ECR', 'cn-north-1', 'ecr', false],
    ['public.ecr.aws', 'AWS_ENDPOINT_URL_ECR_PUBLIC', 'us-east-1', 'ecr-public', true],
  ])('gives a signed request for %s', async (host, variable, region, service, isPublic) => {
    await using api = await startScriptedServer(ecrApi(region, service, isPublic))
    const provider = ecrCredentials({
      credentials: async () => keys,
      env: { [variable]: `http://${api.host}/` },
      clock,
    })
    expect(await provider.find({ registry: host })).toEqual(awsPassword)
    expect(api.seen[0]?.headers['x-amz-target']).toMatch(/\.GetAuthorizationToken$/)
  })

  it.each([
    'registry.example',
    '123456789012.dkr.ecr.eu-central-1.amazonaws.com.evil.example',
    'x123456789012.dkr.ecr.eu-central-1.amazonaws.com',
    '12345.dkr.ecr.eu-central-1.amazonaws.com',
    'evil.example/123456789012.dkr.ecr.eu-central-1.amazonaws.com',
    '123456789012.dkr.ecr.eu-central-1.amazonaws.com:5000',
    '123456789012.dkr.ecr.eu.central.1.amazonaws.com',
    'public.ecr.aws.example',
  ])('has nothing for %s', async (host) => {
    const provider = ecrCredentials({
      credentials: () => Promise.reject(new Error('must not be asked')),
    })
    expect(await provider.find({ registry: host })).toBeUndefined()
  })

  it('asks once for many, and again shortly before the end', async () => {
    await using api = await startScriptedServer(ecrApi('eu-central-1', 'ecr'))
    let time = now
    const provider = ecrCredentials({
      credentials: async () => keys,
      env: { AWS_ENDPOINT_URL_ECR: `http://${api.host}/` },
      // The signature's own time stands still.
      clock: { now: () => time },
    })
    await Promise.all([1, 2, 3].map(() => provider.find({ registry })))
    time = new Date(now.getTime() + 11.8 * 3_600_000)
    await provider.find({ registry })
    expect(api.seen).toHaveLength(1)
    time = new Date(now.getTime() + 11.9 * 3_600_000)
    await expect(provider.find({ registry })).rejects.toMatchObject({ status: 403 })
    expect(api.seen).toHaveLength(2)
  })

  it('does not take the token of one region to another', async () => {
    await using api = await startScriptedServer(ecrApi('eu-central-1', 'ecr'))
    const env = { AWS_ENDPOINT_URL_ECR: `http://${api.host}/` }
    const provider = ecrCredentials({ credentials: async () => keys, env, clock })
    await provider.find({ registry })
    const elsewhere = registry.replace('eu-central-1', 'us-east-1')
    await expect(provider.find({ registry: elsewhere })).rejects.toMatchObject({ status: 403 })
  })

  it.each([
    [403, '{"message":"secret/key"}', { status: 403, retryable: false }],
    [503, '', { status: 503, retryable: true }],
    [200, 'no JSON', { retryable: false }],
    [200, '{"authorizationData":[]}', { retryable: false }],
    [200, `{"authorizationData":[{"authorizationToken":"bm9jb2xvbg==","expiresAt":1}]}`, {}],
  ])('fails for status %i with %j', async (status, body, fields) => {
    await using api = await startScriptedServer((_, response) => void response.writeHead(status).end(body))
    const provider = ecrCredentials({
      credentials: async () => keys,
      env: { AWS_ENDPOINT_URL_ECR: `http://${api.host}/` },
    })
    await expect(provider.find({ registry })).rejects.toMatchObject({
      name: 'OciError',
      code: 'CREDENTIALS_UNREADABLE',
      message: expect.not.stringContaining('secret/key'),
      ...fields,
    })
  })

  it('sends nothing to another host without TLS', async () => {
    const provider = ecrCredentials({
      credentials: async () => keys,
      env: { AWS_ENDPOINT_URL_ECR: 'http://api.example/' },
    })
    await expect(provider.find({ registry })).rejects.toMatchObject({ code: 'CREDENTIALS_UNREADABLE' })
  })
})

describe('ecrCredentials with the keys of the environment', () => {
  const role = {
    AccessKeyId: keys.accessKeyId,
    SecretAccessKey: keys.secretAccessKey,
    Token: keys.sessionToken,
  }
  const api = ecrApi('eu-central-1', 'ecr')

  /** All of Amazon that is needed here, at one place. */
  const amazon: Script = (request, response, count) => {
    const { method, url, headers, body } = request
    const refuse = (): void => void response.writeHead(401).end()
    if (url === '/sts') {
      const form = new URLSearchParams(body.toString())
      if (form.get('WebIdentityToken') !== 'web token' || form.get('RoleArn') !== 'arn:aws:iam::1:role/r')
        return refuse()
      return void response.end(
        `<AssumeRoleWithWebIdentityResponse><Credentials><AccessKeyId>${keys.accessKeyId}</AccessKeyId><SecretAccessKey>${keys.secretAccessKey}</SecretAccessKey><SessionToken>${keys.sessionToken}</SessionToken></Credentials></AssumeRoleWithWebIdentityResponse>`,
      )
    }
    if (url === '/container') {
      return headers.authorization === 'pod token' ? void response.end(JSON.stringify(role)) : refuse()
    }
    if (url === '/latest/api/token') return method === 'PUT' ? void response.end('imds') : refuse()
    if (url.startsWith('/latest/meta-data/iam/security-credentials/')) {
      if (headers['x-aws-ec2-metadata-token'] !== 'imds') return refuse()
      return void response.end(url.endsWith('/') ? 'my-role\n' : JSON.stringify(role))
    }
    return api(request, response, count)
  }

  it.each([
    [
      'variables',
      () => ({
        AWS_ACCESS_KEY_ID: keys.accessKeyId,
        AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
        AWS_SESSION_TOKEN: keys.sessionToken,
      }),
    ],
    [
      'a web identity',
      (host: string, file: string) => ({
        AWS_ROLE_ARN: 'arn:aws:iam::1:role/r',
        AWS_WEB_IDENTITY_TOKEN_FILE: file,
        AWS_ENDPOINT_URL_STS: `http://${host}/sts`,
      }),
    ],
    [
      'a container with a token',
      (host: string) => ({
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://${host}/container`,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: 'pod token',
      }),
    ],
    ['the instance', (host: string) => ({ AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://${host}/` })],
  ])('takes them from %s', async (_, env) => {
    await using server = await startScriptedServer(amazon)
    const folder = await mkdtemp(join(tmpdir(), 'sallyport-aws-'))
    try {
      const file = join(folder, 'token')
      await writeFile(file, 'web token\n')
      const provider = ecrCredentials({
        env: { ...env(server.host, file), AWS_ENDPOINT_URL_ECR: `http://${server.host}/` },
        clock,
      })
      expect(await provider.find({ registry })).toEqual(awsPassword)
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it.each([
    ['there is no source', { AWS_EC2_METADATA_DISABLED: 'true' }],
    [
      'the container is asked at a strange place',
      { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://10.0.0.1/x' },
    ],
    ['the token file is missing', { AWS_ROLE_ARN: 'r', AWS_WEB_IDENTITY_TOKEN_FILE: '/nowhere/token' }],
  ])('fails when %s', async (_, env) => {
    await expect(ecrCredentials({ env }).find({ registry })).rejects.toMatchObject({
      code: 'CREDENTIALS_UNREADABLE',
      retryable: false,
    })
  })

  it('ends with the signal of who asks', async () => {
    const reason = new Error('enough')
    const provider = ecrCredentials({ env: {} })
    await expect(provider.find({ registry }, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
  })
})
