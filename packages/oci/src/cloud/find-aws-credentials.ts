import * as z from 'zod'
import { addressScope } from '../http/address-scope.ts'
import type { Environment } from '../http/choose-proxy.ts'
import { callCloud, cloudError } from './cloud-call.ts'
import { readCloudJson } from './read-cloud-json.ts'
import { readSecretFile } from './read-secret-file.ts'
import type { AwsCredentials } from './sign-aws-request.ts'

const purpose = 'AWS credentials'
const roleSchema = z.object({
  AccessKeyId: z.string().min(1),
  SecretAccessKey: z.string().min(1),
  Token: z.string().min(1),
})

/** Options of {@link findAwsCredentials}. */
export interface FindAwsCredentialsOptions {
  /** Where a web identity is exchanged for keys, e.g. `eu-central-1`. */
  readonly region: string
  /** Environment variables. Default: those of the process. */
  readonly env?: Environment | undefined
  /** Ends the search. */
  readonly signal?: AbortSignal | undefined
}

/** Addresses at which ECS and EKS hand credentials out over plain HTTP. */
const containerHosts: ReadonlySet<string> = new Set(['169.254.170.2', '169.254.170.23', '[fd00:ec2::23]'])

/**
 * The identity that AWS gives this process, from the first of: the variables `AWS_ACCESS_KEY_ID`,
 * `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`; a web identity (`AWS_ROLE_ARN`, `AWS_WEB_IDENTITY_TOKEN_FILE`); ECS or
 * EKS Pod Identity (`AWS_CONTAINER_CREDENTIALS_…`); the instance (IMDSv2, unless `AWS_EC2_METADATA_DISABLED`). Profiles
 * and single sign-on are left to the SDK.
 *
 * @throws {OciError} `CREDENTIALS_UNREADABLE` when the source that the environment names gives none, or there is none.
 */
export async function findAwsCredentials({
  region,
  env = process.env,
  signal,
}: FindAwsCredentialsOptions): Promise<AwsCredentials> {
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env
  if (accessKeyId && secretAccessKey) {
    return { accessKeyId, secretAccessKey, sessionToken: env['AWS_SESSION_TOKEN'] || undefined }
  }
  const role = env['AWS_ROLE_ARN']
  const tokenFile = env['AWS_WEB_IDENTITY_TOKEN_FILE']
  if (role && tokenFile) return assumeRole(env, region, role, tokenFile, signal)
  if (env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI'] || env['AWS_CONTAINER_CREDENTIALS_FULL_URI']) {
    return askContainer(env, signal)
  }
  if (env['AWS_EC2_METADATA_DISABLED']?.toLowerCase() !== 'true') return askInstance(env, signal)
  throw cloudError(purpose, 'the environment names no source of them')
}

async function assumeRole(
  env: Environment,
  region: string,
  role: string,
  tokenFile: string,
  signal: AbortSignal | undefined,
): Promise<AwsCredentials> {
  const token = await readSecretFile(tokenFile, purpose)
  if (token === undefined) throw cloudError(purpose, `there is no ${tokenFile}`)
  const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'
  const { text } = await callCloud({
    method: 'POST',
    url: env['AWS_ENDPOINT_URL_STS'] || `https://sts.${region}.${domain}/`,
    body: new URLSearchParams({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: role,
      RoleSessionName: env['AWS_ROLE_SESSION_NAME'] || 'sallyport',
      WebIdentityToken: token.trim(),
    }),
    purpose,
    env,
    signal,
  })
  const element = (name: string): string => {
    const value = new RegExp(`<${name}>([^<>&]+)</${name}>`).exec(text)?.[1]
    if (value === undefined) throw cloudError(purpose, `the answer of STS holds no ${name}`)
    return value
  }
  return {
    accessKeyId: element('AccessKeyId'),
    secretAccessKey: element('SecretAccessKey'),
    sessionToken: element('SessionToken'),
  }
}

async function askContainer(env: Environment, signal: AbortSignal | undefined): Promise<AwsCredentials> {
  const relative = env['AWS_CONTAINER_CREDENTIALS_RELATIVE_URI']
  const full = relative
    ? `http://169.254.170.2${relative}`
    : (env['AWS_CONTAINER_CREDENTIALS_FULL_URI'] ?? '')
  if (!URL.canParse(full)) throw cloudError(purpose, 'AWS_CONTAINER_CREDENTIALS_FULL_URI is no URL')
  const { protocol, hostname } = new URL(full)
  if (protocol !== 'https:' && !containerHosts.has(hostname) && addressScope(hostname) !== 'loopback') {
    throw cloudError(purpose, `${hostname} is no place that credentials may come from without TLS`)
  }
  const tokenFile = env['AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE']
  const token = tokenFile
    ? await readSecretFile(tokenFile, purpose)
    : env['AWS_CONTAINER_AUTHORIZATION_TOKEN']
  if (tokenFile && token === undefined) throw cloudError(purpose, `there is no ${tokenFile}`)
  const { text } = await callCloud({
    method: 'GET',
    url: full,
    headers: token ? { authorization: token.trim() } : {},
    purpose,
    env: false,
    signal,
  })
  return toCredentials(text)
}

async function askInstance(env: Environment, signal: AbortSignal | undefined): Promise<AwsCredentials> {
  const base = (env['AWS_EC2_METADATA_SERVICE_ENDPOINT'] || 'http://169.254.169.254').replace(/\/$/, '')
  const ask = async (
    method: 'GET' | 'PUT',
    path: string,
    headers: Record<string, string>,
  ): Promise<string> => {
    const url = `${base}/latest/${path}`
    return (await callCloud({ method, url, headers, purpose, env: false, signal })).text
  }
  const token = await ask('PUT', 'api/token', { 'x-aws-ec2-metadata-token-ttl-seconds': '300' })
  const headers = { 'x-aws-ec2-metadata-token': token.trim() }
  const roles = await ask('GET', 'meta-data/iam/security-credentials/', headers)
  const role = roles.trim().split('\n')[0] ?? ''
  if (!/^[\w+=,.@-]+$/.test(role)) throw cloudError(purpose, 'the instance has no role')
  return toCredentials(await ask('GET', `meta-data/iam/security-credentials/${role}`, headers))
}

function toCredentials(text: string): AwsCredentials {
  const { AccessKeyId, SecretAccessKey, Token } = readCloudJson(text, roleSchema, purpose)
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token }
}
