import { systemClock } from '@sallyport/core'
import {
  type AwsCredentials,
  createExpiringCache,
  type Environment,
  findAwsCredentials,
  signAwsRequest,
} from '@sallyport/oci/cloud'
import * as z from 'zod'
import { decodeCanonicalBase64 } from '../internal/canonical-base64.ts'
import type { Signer } from '../ports/signer.ts'
import type { SignatureAlgorithm } from '../signing/signature-algorithm.ts'
import { createKmsSigner } from './create-kms-signer.ts'
import { createKmsClient } from './kms-client.ts'
import { type KmsKey, kmsError } from './kms-key.ts'
import type { KmsSignerOptions } from './kms-signer-options.ts'
import { type AwsKmsReference, parseAwsReference } from './parse-aws-reference.ts'
import { parseEndpoint } from './parse-endpoint.ts'
import { readPublicKey, requireAlgorithm, unsupportedKey } from './read-public-key.ts'

/** Options of {@link awsKmsSigner}. */
export interface AwsKmsSignerOptions extends KmsSignerOptions {
  /** Keys of the AWS identity, e.g. from the SDK. Default: what the environment, container or instance gives. */
  readonly credentials?:
    | ((options: {
        readonly region: string
        readonly signal: AbortSignal | undefined
      }) => Promise<AwsCredentials>)
    | undefined
  /** Default: that of the ARN, else `AWS_REGION`, else `AWS_DEFAULT_REGION`. */
  readonly region?: string | undefined
  /** Place of the API. Default: that of the reference, else `AWS_ENDPOINT_URL_KMS`, else AWS's in the region. */
  readonly endpoint?: string | undefined
}

const keySchema = z.object({
  KeyId: z.string(),
  PublicKey: z.string(),
  KeyUsage: z.string(),
  SigningAlgorithms: z.array(z.string()).default([]),
})
const signatureSchema = z.object({ KeyId: z.string(), Signature: z.string(), SigningAlgorithm: z.string() })
const signingAlgorithms: Partial<Record<SignatureAlgorithm, string>> = {
  'ecdsa-sha2-256-nistp256': 'ECDSA_SHA_256',
  'ecdsa-sha2-384-nistp384': 'ECDSA_SHA_384',
  'ecdsa-sha2-512-nistp521': 'ECDSA_SHA_512',
  'rsa-sign-pkcs1-2048-sha256': 'RSASSA_PKCS1_V1_5_SHA_256',
  'rsa-sign-pkcs1-3072-sha256': 'RSASSA_PKCS1_V1_5_SHA_256',
  'rsa-sign-pkcs1-4096-sha256': 'RSASSA_PKCS1_V1_5_SHA_256',
  'rsa-sign-pss-2048-sha256': 'RSASSA_PSS_SHA_256',
  'rsa-sign-pss-3072-sha256': 'RSASSA_PSS_SHA_256',
  'rsa-sign-pss-4096-sha256': 'RSASSA_PSS_SHA_256',
}
const arnPattern = /^arn:[a-z-]{1,20}:kms:[a-z0-9-]{1,40}:\d{12}:key\/([\w-]{1,64})$/
const throttlingCodes = ['ThrottlingException']
/** Sources lend keys for longer and renew them well before their end; the cache asks again after five minutes. */
const keptForMs = 15 * 60_000

/**
 * A signer of a key in AWS KMS: `awskms://[ENDPOINT]/[ID|ALIAS|ARN]`, as cosign writes it. An alias is resolved once:
 * all signatures are by the key that it named then. Needs `kms:GetPublicKey` and `kms:Sign`.
 *
 * @throws {AttestError} `KMS_REFERENCE_INVALID` when the reference has another form.
 * @throws {AttestError} `KMS_UNCONFIGURED` when there is no region, or the endpoint can't be used.
 * @throws {AttestError} `KMS_ERROR` when AWS refuses or does not answer; also from `sign`.
 * @throws {AttestError} `KEY_UNSUPPORTED` when the key is not for signing, or not of a supported kind.
 * @throws {AttestError} `SIGNING_FAILED` from `sign`, when another key or algorithm signed.
 */
export async function awsKmsSigner(reference: string, options: AwsKmsSignerOptions = {}): Promise<Signer> {
  const { env = process.env, clock = systemClock, rsaPadding = 'pkcs1', signal } = options
  const parsed = parseAwsReference(reference)
  const key: KmsKey = { service: 'aws-kms', reference }
  const region = parsed.region ?? (options.region || env['AWS_REGION'] || env['AWS_DEFAULT_REGION'])
  if (region === undefined || !/^[a-z0-9-]{1,40}$/.test(region)) {
    throw kmsError('KMS_UNCONFIGURED', key, 'no region: set AWS_REGION, or name the key by its ARN')
  }
  const { credentials = (request) => findAwsCredentials({ ...request, env }) } = options
  const cache = createExpiringCache<AwsCredentials>(clock)
  const lend = async (stop: AbortSignal): Promise<{ value: AwsCredentials; expiresAt: number }> => ({
    value: await credentials({ region, signal: stop }),
    expiresAt: clock.now().getTime() + keptForMs,
  })
  const client = createKmsClient({
    key,
    endpoint: endpointOf(key, parsed, options.endpoint, region, env),
    throttlingCodes,
    options,
    async authenticate({ signal, ...request }) {
      const keys = await cache.get('keys', lend, signal)
      const all = signAwsRequest({ ...request, region, service: 'kms' }, keys, clock.now())
      const known = new Set(Object.keys(request.headers))
      return Object.fromEntries(Object.entries(all).filter(([name]) => !known.has(name)))
    },
  })
  const call = <T extends z.ZodType>(
    action: string,
    body: object,
    answer: T,
    stop: AbortSignal | undefined,
  ): Promise<z.output<T>> =>
    client.call({
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': `TrentService.${action}` },
      body,
      answer,
      signal: stop,
    })

  const found = await call('GetPublicKey', { KeyId: parsed.keyId }, keySchema, signal)
  const arn = found.KeyId
  const [, id] = arnPattern.exec(arn) ?? []
  if (id === undefined || (parsed.id !== undefined && plain(parsed.id) !== plain(id))) {
    throw kmsError('KMS_ERROR', key, 'the service gave the public key of another key')
  }
  if (found.KeyUsage !== 'SIGN_VERIFY') throw unsupportedKey(key, `one for ${JSON.stringify(found.KeyUsage)}`)
  const der = decodeCanonicalBase64(found.PublicKey) ?? Buffer.alloc(0)
  const publicKey = readPublicKey(key, { key: der, format: 'der', type: 'spki' })
  const algorithm = requireAlgorithm(key, publicKey, rsaPadding)
  const SigningAlgorithm = signingAlgorithms[algorithm]
  // A digest of Ed25519 content can't be signed there, and content only up to 4096 bytes.
  if (SigningAlgorithm === undefined) throw unsupportedKey(key, algorithm)
  if (!found.SigningAlgorithms.includes(SigningAlgorithm)) {
    throw unsupportedKey(key, `one that does not sign with ${SigningAlgorithm}`)
  }
  return createKmsSigner({
    publicKey,
    algorithm,
    async sign(digest, stop) {
      const Message = Buffer.from(digest).toString('base64')
      const body = { KeyId: arn, Message, MessageType: 'DIGEST', SigningAlgorithm }
      const signed = await call('Sign', body, signatureSchema, stop)
      if (signed.KeyId !== arn || signed.SigningAlgorithm !== SigningAlgorithm) {
        throw kmsError(
          'SIGNING_FAILED',
          key,
          `expected a signature by ${arn}, another key or algorithm signed`,
        )
      }
      const signature = decodeCanonicalBase64(signed.Signature)
      if (signature === undefined) throw kmsError('KMS_ERROR', key, 'the signature is not in base64')
      return signature
    },
  })
}

const plain = (id: string): string => id.replaceAll('-', '').toLowerCase()

function endpointOf(
  key: KmsKey,
  { endpoint: named }: AwsKmsReference,
  given: string | undefined,
  region: string,
  env: Environment,
): string {
  if (given !== undefined) return parseEndpoint(key, 'the endpoint', given)
  if (named !== undefined) return parseEndpoint(key, 'the endpoint of the reference', `https://${named}`)
  const configured = env['AWS_ENDPOINT_URL_KMS']
  if (configured) return parseEndpoint(key, 'AWS_ENDPOINT_URL_KMS', configured)
  return `https://kms.${region}.${region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com'}`
}
