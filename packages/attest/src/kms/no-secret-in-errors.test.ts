import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { AttestError } from '../errors.ts'
import {
  startScriptedService,
  type ReceivedRequest,
  type ScriptedAnswer,
} from '../testing/scripted-service.ts'
import { awsKmsSigner } from './aws-kms-signer.ts'
import { azureKmsSigner } from './azure-kms-signer.ts'
import { gcpKmsSigner } from './gcp-kms-signer.ts'
import { kmsSigner } from './kms-signer.ts'
import { vaultSigner } from './vault-signer.ts'

const secrets = {
  token: 'hush-hush.token',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: 'AQoDYXdzEJr/session+token==',
} as const
const disguises = Object.values(secrets).flatMap((secret) => [
  secret,
  Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  Buffer.from(secret).toString('hex'),
])
/** Everything that authenticates a request. */
const sentIn = ({ headers }: ReceivedRequest): string =>
  [headers.authorization, headers['x-vault-token'], headers['x-amz-security-token']].filter(Boolean).join(' ')

const echoes: readonly [string, (request: ReceivedRequest) => ScriptedAnswer][] = [
  ['in a message', (asked) => ({ status: 400, body: JSON.stringify({ message: `no: ${sentIn(asked)}` }) })],
  ['in a list', (asked) => ({ status: 403, body: JSON.stringify({ errors: [sentIn(asked)] }) })],
  ['as the name of the error', () => ({ status: 400, body: JSON.stringify({ __type: secrets.token }) })],
  ['as the whole body', (asked) => ({ status: 403, body: sentIn(asked) })],
  ['in base64', (asked) => ({ status: 403, body: Buffer.from(sentIn(asked)).toString('base64') })],
  ['in hexadecimal', (asked) => ({ status: 403, body: Buffer.from(sentIn(asked)).toString('hex') })],
  ['as the answer', (asked) => ({ body: sentIn(asked) })],
  ['as a key of the answer', (asked) => ({ body: JSON.stringify({ [sentIn(asked)]: 1, key: 2, data: 3 }) })],
  ['as a place to go', (asked) => ({ status: 307, headers: { location: `/${encodeURI(sentIn(asked))}` } })],
  ['before it hangs up', () => 'drop'],
]

const once = { env: {}, retry: { attempts: 1 } }
const accessToken = async () => ({ value: secrets.token, expiresAt: Date.now() + 3_600_000 })
const vaultResource = 'Bearer authorization="https://login.example/t", resource="https://vault.azure.net"'
const services: readonly [string, (endpoint: string) => Promise<unknown>][] = [
  [
    'AWS',
    (endpoint) =>
      awsKmsSigner('awskms:///alias/release', {
        ...once,
        endpoint,
        region: 'eu-central-1',
        credentials: async () => ({ accessKeyId: 'AKIDEXAMPLE', ...secrets }),
      }),
  ],
  [
    'Google',
    (endpoint) =>
      gcpKmsSigner('gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k', {
        ...once,
        endpoint,
        accessToken,
      }),
  ],
  ['Azure', (endpoint) => azureKmsSigner('azurekms://release/k', { ...once, endpoint, accessToken })],
  ['Vault', (address) => vaultSigner('hashivault://release', { ...once, address, token: secrets.token })],
]

function expectNoSecret(error: unknown): void {
  const text = [
    inspect(error, { depth: 20, showHidden: true }),
    JSON.stringify(error),
    (error as Error).stack,
  ].join('\n')
  for (const disguise of disguises) expect(text).not.toContain(disguise)
}

describe('errors of key services hold no secret', () => {
  it.each(
    services.flatMap(([name, create]) => echoes.map(([how, echo]) => [name, how, create, echo] as const)),
  )('when %s says it back %s', async (name, _, create, echo) => {
    await using service = await startScriptedService((asked, number) =>
      name === 'Azure' && number === 1
        ? { status: 401, headers: { 'www-authenticate': vaultResource } }
        : echo(asked),
    )
    const error: unknown = await create(service.url).catch((error: unknown) => error)
    expect(error).toBeInstanceOf(AttestError)
    expectNoSecret(error)
    const authenticated = service.requests.map(sentIn)
    expect(authenticated.at(-1)).toContain(name === 'AWS' ? secrets.sessionToken : secrets.token)
    expect(authenticated).toHaveLength(name === 'Azure' ? 2 : 1)
  })

  it.each(['azurekms://me:hush-hush.token@release/k', 'hashivault://me:hush-hush.token@release'])(
    'when it stands in a reference, as in %s',
    async (reference) => {
      const error: unknown = await kmsSigner(reference).catch((error: unknown) => error)
      expect(error).toMatchObject({ code: 'KMS_REFERENCE_INVALID' })
      expectNoSecret(error)
    },
  )

  it('when a token can be no header field', async () => {
    const token = `${secrets.token}\r\nx: y`
    const broken = async () => ({ value: token, expiresAt: 0 })
    const reference = 'gcpkms://projects/p/locations/l/keyRings/r/cryptoKeys/k'
    const options = { ...once, endpoint: 'http://127.0.0.1:1', accessToken: broken, token }
    for (const sign of [
      () => gcpKmsSigner(reference, options),
      () => vaultSigner('hashivault://release', { ...options, address: options.endpoint }),
    ]) {
      const error: unknown = await sign().catch((error: unknown) => error)
      expect(error).toBeInstanceOf(AttestError)
      expectNoSecret(error)
    }
  })
})
