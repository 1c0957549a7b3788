import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { AttestError } from '../errors.ts'
import type { IdentityTokenSource } from '../ports/identity-token-source.ts'
import { signStatement } from '../statement/sign-statement.ts'
import { createStatement, predicateTypes } from '../statement/statement.ts'
import { createIdentityToken, tokenTime } from '../testing/identity-token.ts'
import {
  type ReceivedRequest,
  type ScriptedAnswer,
  startScriptedService,
} from '../testing/scripted-service.ts'
import { fulcioSigner } from './fulcio-signer.ts'
import { azureIdentityToken } from './identity/azure-identity-token.ts'
import { buildkiteIdentityToken } from './identity/buildkite-identity-token.ts'
import { environmentIdentityToken, fixedIdentityToken } from './identity/given-identity-token.ts'
import { githubActionsIdentityToken } from './identity/github-actions-identity-token.ts'
import { timestampAuthority } from './timestamp-authority.ts'

const token = createIdentityToken()
const requestToken = 'short-secret'
const statement = createStatement([{ digest: `sha256:${'ab'.repeat(32)}` }], predicateTypes.cosignSign, {})

/** Everything of an error that may get into a log, causes included. */
function textOf(error: unknown): string {
  const { stack, cause } = error as Error
  return [
    inspect(error, { depth: 20, showHidden: true }),
    JSON.stringify(error),
    String(error),
    stack,
    inspect(cause),
  ].join('\n')
}

/** The secret itself, its parts, and its usual disguises. */
const disguises = [token, requestToken].flatMap((secret) => [
  secret,
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('base64url'),
  Buffer.from(secret).toString('hex'),
  ...(secret === token ? secret.split('.').slice(1) : []),
])

function expectNoSecret(error: unknown): void {
  const text = textOf(error)
  for (const disguise of disguises) expect(text).not.toContain(disguise)
}

/** Answers that say back what came, in many ways; what the sources ask for is in there too. */
const echoes: readonly [string, (request: ReceivedRequest) => ScriptedAnswer][] = [
  [
    'in a message',
    () => ({ status: 400, body: JSON.stringify({ code: 3, message: `bad token "${token}"` }) }),
  ],
  ['as the whole body', ({ body }) => ({ status: 400, body: `${body.toString()} ${token}` })],
  ['in base64', () => ({ status: 401, body: `x ${Buffer.from(token).toString('base64')}` })],
  ['in hexadecimal', () => ({ status: 401, body: `x ${Buffer.from(token).toString('hex')}` })],
  ['cut into its parts', () => ({ status: 400, body: token.replaceAll('.', ' ') })],
  [
    'with what it was asked with',
    ({ headers }) => ({
      status: 403,
      body: `not allowed: ${headers.authorization ?? headers['x-identity-header']?.toString() ?? token}`,
    }),
  ],
  ['as text where JSON is wanted', () => ({ status: 200, body: token })],
  ['as the key of a field, twice', () => ({ status: 200, body: `{"${token}":1,"${token}":2}` })],
  [
    'as a field of another type',
    () => ({ status: 200, body: JSON.stringify({ [token]: token, value: [token] }) }),
  ],
  [
    'as a certificate',
    () => ({
      status: 200,
      body: JSON.stringify({ signedCertificateEmbeddedSct: { chain: { certificates: [token] } } }),
    }),
  ],
  [
    'as a place to go',
    () => ({ status: 302, headers: { location: `https://${requestToken}.example/?token=${token}` } }),
  ],
  ['while it is busy', () => ({ status: 503, headers: { 'retry-after': '999' }, body: token })],
  ['before it hangs up', () => 'drop'],
]

const sources: readonly [string, (url: string) => IdentityTokenSource][] = [
  [
    'GitHub Actions',
    (url) =>
      githubActionsIdentityToken({
        env: { ACTIONS_ID_TOKEN_REQUEST_URL: url, ACTIONS_ID_TOKEN_REQUEST_TOKEN: requestToken },
        retry: { attempts: 1 },
      }),
  ],
  [
    'Buildkite',
    (url) =>
      buildkiteIdentityToken({
        env: {
          BUILDKITE_AGENT_ACCESS_TOKEN: requestToken,
          BUILDKITE_AGENT_ENDPOINT: url,
          BUILDKITE_JOB_ID: '1',
        },
        retry: { attempts: 1 },
      }),
  ],
  [
    'Azure',
    (url) =>
      azureIdentityToken({
        env: { IDENTITY_ENDPOINT: url, IDENTITY_HEADER: requestToken },
        retry: { attempts: 1 },
      }),
  ],
]

describe('errors hold no token', () => {
  it.each(echoes)('when Fulcio says it back %s', async (_, echo) => {
    await using fulcio = await startScriptedService(echo)
    const signer = fulcioSigner({
      url: fulcio.url,
      token: fixedIdentityToken(token),
      clock: { now: () => tokenTime },
      retry: { attempts: 1 },
    })
    const witnesses = [timestampAuthority({ url: fulcio.url })]
    const error: unknown = await signStatement(statement, signer, { witnesses }).catch(
      (error: unknown) => error,
    )
    expect(error).toBeInstanceOf(AttestError)
    expectNoSecret(error)
    expect(fulcio.requests).toHaveLength(1)
  })

  it.each(
    sources.flatMap(([name, create]) => echoes.map(([how, echo]) => [name, how, create, echo] as const)),
  )('when %s says it back %s', async (_name, _how, create, echo) => {
    await using service = await startScriptedService(echo)
    const error: unknown = await create(service.url)
      .token({ audience: 'sigstore' })
      .catch((error: unknown) => error)
    expect(error).toBeInstanceOf(AttestError)
    expectNoSecret(error)
    expect(service.requests).toHaveLength(1)
  })

  it.each([
    ['has ended', createIdentityToken({ exp: 1 })],
    ['is for another audience', createIdentityToken({ aud: 'other' })],
    ['is damaged', `${token}\n${token}`],
    [
      'has a repeated claim',
      token.replace(/\.[^.]*\./, `.${Buffer.from(`{"${token}":1,"${token}":1}`).toString('base64url')}.`),
    ],
    ['can be no header', `${token}\r\nx: y`],
  ])('when it %s', async (_, bad) => {
    const source = environmentIdentityToken({ env: { SIGSTORE_ID_TOKEN: bad } })
    const signer = fulcioSigner({
      url: 'https://fulcio.invalid',
      token: source,
      clock: { now: () => tokenTime },
    })
    const error: unknown = await signer.certify().catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'IDENTITY_INVALID' })
    expectNoSecret(error)
    for (const part of bad.split('.').slice(1)) expect(textOf(error)).not.toContain(part)
  })

  it('when the secret of a token service can be no header', async () => {
    const env = {
      ACTIONS_ID_TOKEN_REQUEST_URL: 'http://127.0.0.1:1/',
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: `${requestToken}\r\nx: y`,
    }
    const source = githubActionsIdentityToken({ env, retry: { attempts: 1 } })
    const error: unknown = await source.token({ audience: 'sigstore' }).catch((error: unknown) => error)
    expect(error).toMatchObject({ code: 'IDENTITY_UNAVAILABLE' })
    expectNoSecret(error)
  })

  it('when Fulcio is not there or must not be asked', async () => {
    for (const url of ['http://127.0.0.1:1', 'http://fulcio.invalid', 'no url']) {
      const signer = fulcioSigner({
        url,
        token: fixedIdentityToken(token),
        clock: { now: () => tokenTime },
        retry: { attempts: 1 },
      })
      const error: unknown = await signer.certify().catch((error: unknown) => error)
      expect(error).toBeInstanceOf(AttestError)
      expectNoSecret(error)
    }
  })
})
