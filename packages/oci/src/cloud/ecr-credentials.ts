import { type Clock, systemClock } from '@sallyport/core'
import * as z from 'zod'
import type { Environment } from '../http/choose-proxy.ts'
import type { CredentialProvider, Credentials } from '../ports/credential-provider.ts'
import { createExpiringCache, type Expiring } from './cached-credentials.ts'
import { callCloud, cloudError } from './cloud-call.ts'
import { findAwsCredentials } from './find-aws-credentials.ts'
import { readCloudJson } from './read-cloud-json.ts'
import { type AwsCredentials, signAwsRequest } from './sign-aws-request.ts'

/** Options of {@link ecrCredentials}. */
export interface EcrCredentialsOptions {
  /** Keys of the AWS identity, e.g. from the SDK. Default: what the environment, container or instance gives. */
  readonly credentials?:
    | ((options: { readonly region: string; readonly signal: AbortSignal }) => Promise<AwsCredentials>)
    | undefined
  /** Environment variables. Default: those of the process. */
  readonly env?: Environment | undefined
  /** Tells the time. Default: the system's. */
  readonly clock?: Clock | undefined
}

interface EcrApi {
  readonly url: string
  readonly region: string
  readonly service: 'ecr' | 'ecr-public'
  readonly target: string
}

const purpose = 'an ECR authorization token'
const hostPattern =
  /^\d{12}\.dkr\.ecr(-fips)?\.([a-z]{2,5}(?:-[a-z]{2,16}){1,3}-\d{1,2})\.(amazonaws\.com(?:\.cn)?)$/
const dataSchema = z.object({ authorizationToken: z.string().min(1), expiresAt: z.number() })
const answerSchema = z.object({
  authorizationData: z.union([z.array(dataSchema).min(1), dataSchema]),
})

/**
 * Credentials for Amazon's registries: `<account>.dkr.ecr[-fips].<region>.amazonaws.com[.cn]` and `public.ecr.aws`, by
 * `GetAuthorizationToken`. There are none for other hosts. They are kept until shortly before they end (12 hours).
 * `AWS_ENDPOINT_URL_ECR` and `AWS_ENDPOINT_URL_ECR_PUBLIC` name another place of the API.
 *
 * @throws {OciError} from `find`: `CREDENTIALS_UNREADABLE` when AWS gives none.
 */
export function ecrCredentials({
  env = process.env,
  credentials = ({ region, signal }) => findAwsCredentials({ env, region, signal }),
  clock = systemClock,
}: EcrCredentialsOptions = {}): CredentialProvider {
  const cache = createExpiringCache(clock)

  async function fetchToken(api: EcrApi, signal: AbortSignal): Promise<Expiring<Credentials>> {
    const request = {
      method: 'POST',
      url: new URL(api.url),
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': api.target },
      body: '{}',
      region: api.region,
      service: api.service,
    } as const
    const keys = await credentials({ region: api.region, signal })
    const headers = signAwsRequest(request, keys, clock.now())
    const { text } = await callCloud({ ...request, url: api.url, headers, purpose, env, signal })
    const { authorizationData } = readCloudJson(text, answerSchema, purpose)
    const data = Array.isArray(authorizationData) ? authorizationData[0] : authorizationData
    const [, username, password] =
      /^([^:]+):(.+)$/s.exec(Buffer.from(data?.authorizationToken ?? '', 'base64').toString('utf8')) ?? []
    if (data === undefined || username === undefined || password === undefined) {
      throw cloudError(purpose, 'the token is not user:password in base64')
    }
    return { value: { type: 'password', username, password }, expiresAt: data.expiresAt * 1000 }
  }

  return {
    async find({ registry }, { signal } = {}) {
      const api = apiOf(registry, env)
      if (api === undefined) return undefined
      return cache.get(`${api.service} ${api.region} ${api.url}`, (stop) => fetchToken(api, stop), signal)
    },
  }
}

function apiOf(registry: string, env: Environment): EcrApi | undefined {
  if (registry === 'public.ecr.aws') {
    const region = 'us-east-1'
    const url = env['AWS_ENDPOINT_URL_ECR_PUBLIC'] || `https://api.ecr-public.${region}.amazonaws.com/`
    return { url, region, service: 'ecr-public', target: 'SpencerFrontendService.GetAuthorizationToken' }
  }
  const [, fips, region, domain] = hostPattern.exec(registry) ?? []
  if (region === undefined || domain === undefined) return undefined
  const host = fips === undefined ? `api.ecr.${region}` : `ecr-fips.${region}`
  return {
    url: env['AWS_ENDPOINT_URL_ECR'] || `https://${host}.${domain}/`,
    region,
    service: 'ecr',
    target: 'AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken',
  }
}
