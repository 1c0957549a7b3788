import { type Clock, systemClock } from '@sallyport/core'
import * as z from 'zod'
import { addressScope } from '../http/address-scope.ts'
import type { Environment } from '../http/choose-proxy.ts'
import type { Expiring } from './cached-credentials.ts'
import { callCloud, cloudError } from './cloud-call.ts'
import { readCloudJson } from './read-cloud-json.ts'
import { readSecretFile } from './read-secret-file.ts'

const purpose = 'an access token of Microsoft Entra'
/** The metadata service writes its numbers as text. */
const tokenSchema = z.object({ access_token: z.string().min(1), expires_in: z.coerce.number().optional() })
const idPattern = /^[A-Za-z0-9.-]{1,100}$/

/** Options of {@link findEntraToken}. */
export interface FindEntraTokenOptions {
  /** What the token is for, e.g. `https://vault.azure.net`. */
  readonly resource: string
  /** Environment variables. Default: those of the process. */
  readonly env?: Environment | undefined
  /** Tells the time. Default: the system's. */
  readonly clock?: Clock | undefined
  /** Ends the search. */
  readonly signal?: AbortSignal | undefined
}

/**
 * An access token for the identity that the environment names, the first of: a federated workload
 * (`AZURE_FEDERATED_TOKEN_FILE`), a service principal (`AZURE_CLIENT_SECRET`), both with `AZURE_TENANT_ID` and
 * `AZURE_CLIENT_ID`; the managed identity of App Service (`IDENTITY_ENDPOINT`) or of the machine.
 *
 * @throws {OciError} `CREDENTIALS_UNREADABLE` when there is none.
 */
export async function findEntraToken({
  resource,
  env = process.env,
  clock = systemClock,
  signal,
}: FindEntraTokenOptions): Promise<Expiring<string>> {
  const { AZURE_TENANT_ID: tenant, AZURE_CLIENT_ID: client } = env
  const tokenFile = env['AZURE_FEDERATED_TOKEN_FILE']
  const secret = env['AZURE_CLIENT_SECRET']
  const text =
    tenant && client && (tokenFile || secret)
      ? await askEntra(env, resource, tenant, client, await proofOf(tokenFile, secret), signal)
      : await askManagedIdentity(env, resource, client, signal)
  const { access_token: value, expires_in: seconds = 0 } = readCloudJson(text, tokenSchema, purpose)
  return { value, expiresAt: clock.now().getTime() + seconds * 1000 }
}

async function proofOf(
  tokenFile: string | undefined,
  secret: string | undefined,
): Promise<Record<string, string>> {
  if (!tokenFile) return { client_secret: secret ?? '' }
  const token = await readSecretFile(tokenFile, purpose)
  if (token === undefined) throw cloudError(purpose, `there is no ${tokenFile}`)
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: token.trim(),
  }
}

async function askEntra(
  env: Environment,
  resource: string,
  tenant: string,
  client: string,
  proof: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<string> {
  if (!idPattern.test(tenant)) throw cloudError(purpose, 'AZURE_TENANT_ID is no tenant')
  const authority = (env['AZURE_AUTHORITY_HOST'] || 'https://login.microsoftonline.com').replace(/\/$/, '')
  const { text } = await callCloud({
    method: 'POST',
    url: `${authority}/${tenant}/oauth2/v2.0/token`,
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: client,
      scope: `${resource}/.default`,
      ...proof,
    }),
    purpose,
    env,
    signal,
  })
  return text
}

async function askManagedIdentity(
  env: Environment,
  resource: string,
  client: string | undefined,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { IDENTITY_ENDPOINT: endpoint, IDENTITY_HEADER: header } = env
  const inAppService = endpoint !== undefined && header !== undefined
  const machine = env['AZURE_POD_IDENTITY_AUTHORITY_HOST'] || 'http://169.254.169.254'
  const place = inAppService ? endpoint : `${machine.replace(/\/$/, '')}/metadata/identity/oauth2/token`
  if (!URL.canParse(place)) throw cloudError(purpose, 'IDENTITY_ENDPOINT is no URL')
  const url = new URL(place)
  const scope = addressScope(url.hostname)
  // The header is a secret that whoever runs the machine shares with this process.
  if (inAppService && url.protocol !== 'https:' && scope !== 'loopback' && scope !== 'link-local') {
    throw cloudError(purpose, `${url.host} is not asked without TLS`)
  }
  url.searchParams.set('api-version', inAppService ? '2019-08-01' : '2018-02-01')
  url.searchParams.set('resource', resource)
  if (client) url.searchParams.set('client_id', client)
  const { text } = await callCloud({
    method: 'GET',
    url: url.href,
    headers: inAppService ? { 'x-identity-header': header } : { metadata: 'true' },
    purpose,
    env: false,
    signal,
  })
  return text
}
