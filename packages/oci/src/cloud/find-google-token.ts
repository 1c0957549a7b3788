import { sign } from 'node:crypto'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type Clock, systemClock } from '@sallyport/core'
import * as z from 'zod'
import type { Environment } from '../http/choose-proxy.ts'
import type { Expiring } from './cached-credentials.ts'
import { callCloud, cloudError } from './cloud-call.ts'
import { readCloudJson } from './read-cloud-json.ts'
import { readSecretFile } from './read-secret-file.ts'

const purpose = 'a Google access token'
const scope = 'https://www.googleapis.com/auth/cloud-platform'
const tokenServer = 'https://oauth2.googleapis.com/token'

const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.number() })
const impersonationSchema = z.object({ accessToken: z.string().min(1), expireTime: z.string() })
const filesSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('service_account'),
    client_email: z.string(),
    private_key: z.string(),
    private_key_id: z.string().optional(),
    token_uri: z.string().default(tokenServer),
  }),
  z.object({
    type: z.literal('authorized_user'),
    client_id: z.string(),
    client_secret: z.string(),
    refresh_token: z.string(),
    token_uri: z.string().default(tokenServer),
  }),
  z.object({
    type: z.literal('external_account'),
    audience: z.string(),
    subject_token_type: z.string(),
    token_url: z.string(),
    service_account_impersonation_url: z.string().optional(),
    credential_source: z.object({
      file: z.string(),
      format: z
        .object({ type: z.enum(['text', 'json']), subject_token_field_name: z.string().optional() })
        .optional(),
    }),
  }),
])

type CredentialFile = z.output<typeof filesSchema>
type FileOf<T extends CredentialFile['type']> = Extract<CredentialFile, { type: T }>

/** Options of {@link findGoogleToken}. */
export interface FindGoogleTokenOptions {
  /** Environment variables. Default: those of the process. */
  readonly env?: Environment | undefined
  /** Tells the time. Default: the system's. */
  readonly clock?: Clock | undefined
  /** Ends the search. */
  readonly signal?: AbortSignal | undefined
}

/**
 * An access token for the identity of this process: by the application default credentials
 * (`GOOGLE_APPLICATION_CREDENTIALS`, else gcloud's file) of a service account, a user or a federated workload whose
 * token is in a file; else by the metadata service (`GCE_METADATA_HOST`), which also serves GKE's workload identity.
 *
 * @throws {OciError} `CREDENTIALS_UNREADABLE` when there is none.
 */
export async function findGoogleToken({
  env = process.env,
  clock = systemClock,
  signal,
}: FindGoogleTokenOptions = {}): Promise<Expiring<string>> {
  const named = env['GOOGLE_APPLICATION_CREDENTIALS']
  const home = env['HOME'] || env['USERPROFILE'] || homedir()
  const appData = env['APPDATA']
  const folder =
    env['CLOUDSDK_CONFIG'] || (appData ? join(appData, 'gcloud') : join(home, '.config', 'gcloud'))
  const text = await readSecretFile(named || join(folder, 'application_default_credentials.json'), purpose)
  if (named && text === undefined) throw cloudError(purpose, `there is no ${named}`)
  if (text === undefined) return askMetadata(env, clock, signal)
  const file = readCloudJson(text, filesSchema, purpose)
  switch (file.type) {
    case 'service_account':
      return tokenOf(clock, await askAsServiceAccount(file, env, clock, signal))
    case 'authorized_user':
      return tokenOf(clock, await askAsUser(file, env, signal))
    case 'external_account':
      return askAsWorkload(file, env, clock, signal)
  }
}

function tokenOf(clock: Clock, text: string): Expiring<string> {
  const { access_token: value, expires_in: seconds } = readCloudJson(text, tokenSchema, purpose)
  return { value, expiresAt: clock.now().getTime() + seconds * 1000 }
}

async function post(
  url: string,
  form: Record<string, string>,
  env: Environment,
  signal: AbortSignal | undefined,
): Promise<string> {
  const body = new URLSearchParams(form)
  return (await callCloud({ method: 'POST', url, body, purpose, env, signal })).text
}

/** Signs a request for a token with the account's key (RFC 7523). */
async function askAsServiceAccount(
  { client_email, private_key, private_key_id, token_uri }: FileOf<'service_account'>,
  env: Environment,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<string> {
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(clock.now().getTime() / 1000)
  const header = { alg: 'RS256', typ: 'JWT', kid: private_key_id }
  const claims = { iss: client_email, scope, aud: token_uri, iat: now, exp: now + 3600 }
  const unsigned = `${encode(header)}.${encode(claims)}`
  let signature: string
  try {
    signature = sign('sha256', Buffer.from(unsigned), private_key).toString('base64url')
  } catch (cause) {
    throw cloudError(purpose, 'the private key of the service account can not be used', { cause })
  }
  const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer'
  return post(token_uri, { grant_type, assertion: `${unsigned}.${signature}` }, env, signal)
}

function askAsUser(
  { client_id, client_secret, refresh_token, token_uri }: FileOf<'authorized_user'>,
  env: Environment,
  signal: AbortSignal | undefined,
): Promise<string> {
  return post(
    token_uri,
    { grant_type: 'refresh_token', client_id, client_secret, refresh_token },
    env,
    signal,
  )
}

/** Exchanges the token of another identity provider (RFC 8693), and that for the token of a service account. */
async function askAsWorkload(
  file: FileOf<'external_account'>,
  env: Environment,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Expiring<string>> {
  const federated = tokenOf(
    clock,
    await post(
      file.token_url,
      {
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        requested_token_type: 'urn:ietf:params:oauth:token-type:access_token',
        audience: file.audience,
        scope,
        subject_token: await readSubjectToken(file),
        subject_token_type: file.subject_token_type,
      },
      env,
      signal,
    ),
  )
  const url = file.service_account_impersonation_url
  if (url === undefined) return federated
  const { text } = await callCloud({
    method: 'POST',
    url,
    headers: { authorization: `Bearer ${federated.value}`, 'content-type': 'application/json' },
    body: JSON.stringify({ scope: [scope] }),
    purpose,
    env,
    signal,
  })
  const { accessToken, expireTime } = readCloudJson(text, impersonationSchema, purpose)
  return { value: accessToken, expiresAt: Date.parse(expireTime) || 0 }
}

async function readSubjectToken({ credential_source: source }: FileOf<'external_account'>): Promise<string> {
  const text = await readSecretFile(source.file, purpose)
  if (text === undefined) throw cloudError(purpose, `there is no ${source.file}`)
  const field = source.format?.type === 'json' ? source.format.subject_token_field_name : undefined
  if (field === undefined) return text.trim()
  const token = readCloudJson(text, z.record(z.string(), z.unknown()), purpose)[field]
  if (typeof token !== 'string') throw cloudError(purpose, `${source.file} holds no ${field}`)
  return token
}

async function askMetadata(
  env: Environment,
  clock: Clock,
  signal: AbortSignal | undefined,
): Promise<Expiring<string>> {
  const host = env['GCE_METADATA_HOST'] || 'metadata.google.internal'
  const answer = await callCloud({
    method: 'GET',
    url: `http://${host}/computeMetadata/v1/instance/service-accounts/default/token`,
    headers: { 'metadata-flavor': 'Google' },
    purpose,
    env: false,
    signal,
  })
  // Another server may answer at that name in a network that is not Google's.
  if (answer.header('metadata-flavor') !== 'Google') throw cloudError(purpose, `${host} is not Google's`)
  return tokenOf(clock, answer.text)
}
