import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type ReceivedRequest,
  type ScriptedAnswer,
  startScriptedService,
} from '../../testing/scripted-service.ts'
import { azureIdentityToken } from './azure-identity-token.ts'
import { buildkiteIdentityToken } from './buildkite-identity-token.ts'
import { fileIdentityToken } from './file-identity-token.ts'
import { githubActionsIdentityToken } from './github-actions-identity-token.ts'
import { environmentIdentityToken, fixedIdentityToken } from './given-identity-token.ts'
import { googleIdentityToken } from './google-identity-token.ts'

const audience = 'sigstore'
const failure = { code: 'IDENTITY_UNAVAILABLE' }
let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'identity-'))
  await writeFile(join(folder, 'token'), 'file-token\n')
  await writeFile(join(folder, 'empty'), '\n')
  await writeFile(join(folder, 'large'), 'x'.repeat(64 * 1024 + 1))
})
afterAll(() => rm(folder, { recursive: true }))

/** A service that answers only what it is meant to be asked. */
const start = (
  isAsked: (request: ReceivedRequest) => boolean,
  body: string,
  headers?: Record<string, string>,
) =>
  startScriptedService((request) =>
    isAsked(request) ? { body, ...(headers ? { headers } : {}) } : { status: 400 },
  )

const queryOf = ({ path }: ReceivedRequest) => Object.fromEntries(new URL(path, 'http://x').searchParams)

describe('githubActionsIdentityToken', () => {
  const environmentOf = (url: string) => ({
    ACTIONS_ID_TOKEN_REQUEST_URL: `${url}/token?api-version=2.0`,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
  })

  it('asks the runner with its token and the audience', async () => {
    await using runner = await start(
      (request) =>
        request.headers.authorization === 'bearer request-token' &&
        queryOf(request)['api-version'] === '2.0' &&
        queryOf(request).audience === audience,
      '{"count":1,"value":"github-token"}',
    )
    const source = githubActionsIdentityToken({ env: environmentOf(runner.url) })
    expect(await source.token({ audience })).toBe('github-token')
  })

  it.each<[string, ScriptedAnswer]>([
    ['no value', { body: '{"count":1}' }],
    ['no JSON', { body: 'github-token' }],
    ['a refusal', { status: 403 }],
  ])('fails with %s', async (_, answer) => {
    await using runner = await startScriptedService(() => answer)
    const source = githubActionsIdentityToken({ env: environmentOf(runner.url) })
    await expect(source.token({ audience })).rejects.toMatchObject(failure)
  })

  it.each([
    ['to another machine in the clear', 'http://runner.example', 'https'],
    ['over a link of the machine in the clear', 'http://169.254.169.254', 'https'],
    ['to a URL with a password', 'https://me:pa55word@runner.example', 'password'],
  ])('does not send its token %s', async (_, url, why) => {
    const source = githubActionsIdentityToken({ env: environmentOf(url) })
    const error: unknown = await source.token({ audience }).catch((error: unknown) => error)
    expect(error).toMatchObject({ ...failure, message: expect.stringContaining(why) as string })
    expect((error as Error).message).not.toContain('pa55word')
  })
})

describe('buildkiteIdentityToken', () => {
  it('asks the agent API for a token of the job', async () => {
    await using agent = await start(
      ({ method, path, headers, body }) =>
        method === 'POST' &&
        path === '/v3/jobs/job%2F1/oidc/tokens' &&
        headers.authorization === 'Token agent-token' &&
        body.toString() === '{"audience":"sigstore"}',
      '{"token":"buildkite-token"}',
    )
    const env = {
      BUILDKITE_AGENT_ACCESS_TOKEN: 'agent-token',
      BUILDKITE_AGENT_ENDPOINT: `${agent.url}/v3`,
      BUILDKITE_JOB_ID: 'job/1',
    }
    expect(await buildkiteIdentityToken({ env }).token({ audience })).toBe('buildkite-token')
  })
})

describe('googleIdentityToken', () => {
  const google = { 'metadata-flavor': 'Google' }

  it.each([
    [undefined, 'default'],
    ['ci@project.example', 'ci%40project.example'],
  ])('asks the metadata server for the account %s', async (serviceAccount, path) => {
    await using server = await start(
      (request) =>
        request.headers['metadata-flavor'] === 'Google' &&
        request.path.startsWith(`/computeMetadata/v1/instance/service-accounts/${path}/identity?`) &&
        queryOf(request).audience === audience &&
        queryOf(request).format === 'full',
      'google-token',
      google,
    )
    const env = { GCE_METADATA_HOST: new URL(server.url).host }
    expect(await googleIdentityToken({ env, serviceAccount }).token({ audience })).toBe('google-token')
  })

  it('takes no token from something else', async () => {
    await using server = await startScriptedService(() => ({ body: 'google-token' }))
    const env = { GCE_METADATA_HOST: new URL(server.url).host }
    await expect(googleIdentityToken({ env }).token({ audience })).rejects.toMatchObject(failure)
  })
})

describe('azureIdentityToken', () => {
  const answer = '{"access_token":"azure-token","token_type":"Bearer"}'

  it('exchanges the token that Kubernetes projects', async () => {
    await using authority = await start(({ method, path, body }) => {
      const form = new URLSearchParams(body.toString())
      return (
        method === 'POST' &&
        path === '/tenant/oauth2/v2.0/token' &&
        form.get('client_id') === 'client' &&
        form.get('client_assertion') === 'file-token' &&
        form.get('client_assertion_type') === 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer' &&
        form.get('grant_type') === 'client_credentials' &&
        form.get('scope') === 'api://sign/.default'
      )
    }, answer)
    const env = {
      AZURE_FEDERATED_TOKEN_FILE: join(folder, 'token'),
      AZURE_AUTHORITY_HOST: `${authority.url}/`,
      AZURE_TENANT_ID: 'tenant',
      AZURE_CLIENT_ID: 'client',
    }
    expect(await azureIdentityToken({ env }).token({ audience: 'api://sign' })).toBe('azure-token')
  })

  it('asks the endpoint of an app', async () => {
    await using endpoint = await start(
      (request) =>
        request.headers['x-identity-header'] === 'header-secret' &&
        queryOf(request)['api-version'] === '2019-08-01' &&
        queryOf(request).resource === 'api://sign' &&
        !('client_id' in queryOf(request)),
      answer,
    )
    const env = { IDENTITY_ENDPOINT: `${endpoint.url}/msi/token`, IDENTITY_HEADER: 'header-secret' }
    expect(await azureIdentityToken({ env, resource: 'api://sign' }).token({ audience })).toBe('azure-token')
  })

  it("asks the machine's metadata service", async () => {
    await using service = await start(
      (request) =>
        request.headers.metadata === 'true' &&
        request.path.startsWith('/metadata/identity/oauth2/token?') &&
        queryOf(request)['api-version'] === '2018-02-01' &&
        queryOf(request).resource === audience &&
        queryOf(request).client_id === 'client',
      answer,
    )
    const env = { AZURE_POD_IDENTITY_AUTHORITY_HOST: service.url }
    expect(await azureIdentityToken({ env, clientId: 'client' }).token({ audience })).toBe('azure-token')
  })
})

describe('fileIdentityToken', () => {
  it('reads the file each time', async () => {
    const path = join(folder, 'fresh')
    const source = fileIdentityToken(path)
    for (const token of ['one', 'two']) {
      await writeFile(path, `${token}\n`)
      expect(await source.token({ audience })).toBe(token)
    }
  })

  it.each(['missing', 'empty', 'large', '.'])('fails when the file is %s', async (name) => {
    await expect(fileIdentityToken(join(folder, name)).token({ audience })).rejects.toMatchObject(failure)
  })
})

describe('environmentIdentityToken', () => {
  it.each([
    ["GitLab's variable", { SIGSTORE_ID_TOKEN: ' token\n' }, undefined],
    [
      "CircleCI's second variable",
      { CIRCLE_OIDC_TOKEN: 'token' },
      ['CIRCLE_OIDC_TOKEN_V2', 'CIRCLE_OIDC_TOKEN'],
    ],
  ])('reads %s', async (_, env, variables) => {
    expect(await environmentIdentityToken({ env, variables }).token({ audience })).toBe('token')
  })

  it('fails when none is set', async () => {
    const source = environmentIdentityToken({ env: { SIGSTORE_ID_TOKEN: '' } })
    await expect(source.token({ audience })).rejects.toMatchObject(failure)
  })
})

describe('fixedIdentityToken', () => {
  it('gives the token, unless the signal is aborted', async () => {
    const reason = new Error('enough')
    expect(await fixedIdentityToken(' token ').token({ audience })).toBe('token')
    await expect(
      fixedIdentityToken('token').token({ audience, signal: AbortSignal.abort(reason) }),
    ).rejects.toBe(reason)
    expect(() => fixedIdentityToken(' ')).toThrow(expect.objectContaining(failure))
  })
})

describe('sources that need variables', () => {
  it.each([
    ['GitHub Actions', githubActionsIdentityToken, 'ACTIONS_ID_TOKEN_REQUEST_TOKEN'],
    ['Buildkite', buildkiteIdentityToken, 'BUILDKITE_AGENT_ACCESS_TOKEN'],
  ])('%s says which one is missing', async (_, create, variable) => {
    await expect(create({ env: {} }).token({ audience })).rejects.toMatchObject({
      ...failure,
      message: `the environment variable ${variable} is not set`,
    })
  })
})
