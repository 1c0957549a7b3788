import { type Clock, systemClock } from '@sallyport/core'
import * as z from 'zod'
import type { Environment } from '../http/choose-proxy.ts'
import type { CredentialProvider, Credentials } from '../ports/credential-provider.ts'
import { createExpiringCache, type Expiring } from './cached-credentials.ts'
import { callCloud } from './cloud-call.ts'
import { findEntraToken } from './find-entra-token.ts'
import { readCloudJson } from './read-cloud-json.ts'

/** Options of {@link acrCredentials}. */
export interface AcrCredentialsOptions {
  /**
   * An access token of Microsoft Entra for `https://containerregistry.azure.net` and its end, e.g. from `@azure/identity`.
   * Default: of the workload, service principal or managed identity that the environment names.
   */
  readonly accessToken?:
    | ((options: { readonly signal: AbortSignal }) => Promise<Expiring<string>>)
    | undefined
  /** Where a registry exchanges tokens. Default: `https://<registry>`. */
  readonly origin?: ((registry: string) => string) | undefined
  /** Environment variables. Default: those of the process. */
  readonly env?: Environment | undefined
  /** Tells the time. Default: the system's. */
  readonly clock?: Clock | undefined
}

const resource = 'https://containerregistry.azure.net'
const purpose = 'a refresh token of the Azure registry'
/** Azure's user name for whoever signs in with a refresh token. */
const username = '00000000-0000-0000-0000-000000000000'
const hostPattern = /^[a-z0-9][a-z0-9-]{3,62}(?:\.[a-z0-9-]{1,40}\.data)?\.azurecr\.(?:io|cn|us)$/
const answerSchema = z.object({ refresh_token: z.string().min(1) })
const claimsSchema = z.object({ exp: z.number() })
const shortestLifetimeMs = 60 * 60_000

/**
 * Credentials for Azure's registries, `<name>.azurecr.io`, `.cn` and `.us`: exchanges an access token of Microsoft Entra
 * for a refresh token of the registry. There are none for other hosts. They are kept until shortly before they end.
 *
 * @throws {OciError} from `find`: `CREDENTIALS_UNREADABLE` when Azure gives none.
 */
export function acrCredentials({
  env = process.env,
  clock = systemClock,
  accessToken = ({ signal }) => findEntraToken({ resource, env, clock, signal }),
  origin = (registry) => `https://${registry}`,
}: AcrCredentialsOptions = {}): CredentialProvider {
  const cache = createExpiringCache(clock)

  async function exchange(registry: string, signal: AbortSignal): Promise<Expiring<Credentials>> {
    const { value: access_token } = await accessToken({ signal })
    const tenant = env['AZURE_TENANT_ID']
    const { text } = await callCloud({
      method: 'POST',
      url: `${origin(registry)}/oauth2/exchange`,
      body: new URLSearchParams({
        grant_type: 'access_token',
        service: registry,
        ...(tenant ? { tenant } : {}),
        access_token,
      }),
      purpose,
      env,
      signal,
    })
    const { refresh_token: password } = readCloudJson(text, answerSchema, purpose)
    return { value: { type: 'password', username, password }, expiresAt: endOf(password, clock) }
  }

  return {
    async find({ registry }, { signal } = {}) {
      if (!hostPattern.test(registry)) return undefined
      return cache.get(registry, (stop) => exchange(registry, stop), signal)
    },
  }
}

/** The token is a JWT whose claims name its end. */
function endOf(token: string, clock: Clock): number {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8'))
    return claimsSchema.parse(claims).exp * 1000
  } catch {
    return clock.now().getTime() + shortestLifetimeMs
  }
}
