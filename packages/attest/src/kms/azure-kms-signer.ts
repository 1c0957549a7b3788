import { systemClock } from '@sallyport/core'
import { createExpiringCache, type Expiring, findEntraToken } from '@sallyport/oci/cloud'
import * as z from 'zod'
import type { Signer } from '../ports/signer.ts'
import type { SignatureAlgorithm } from '../signing/signature-algorithm.ts'
import { createKmsSigner } from './create-kms-signer.ts'
import { createKmsClient, type KmsAuthentication } from './kms-client.ts'
import { type KmsKey, kmsError } from './kms-key.ts'
import type { KmsSignerOptions } from './kms-signer-options.ts'
import { type AzureChallenge, parseAzureChallenge } from './parse-azure-challenge.ts'
import { type AzureKmsReference, parseAzureReference } from './parse-azure-reference.ts'
import { parseEndpoint } from './parse-endpoint.ts'
import { readPublicKey, requireAlgorithm, unsupportedKey } from './read-public-key.ts'
import { toDerSignature } from './to-der-signature.ts'

/** Options of {@link azureKmsSigner}. */
export interface AzureKmsSignerOptions extends KmsSignerOptions {
  /**
   * An access token of Microsoft Entra for `resource` and its end, e.g. from `@azure/identity`; `tenant` is what the vault
   * names. Default: of the workload, service principal or managed identity that the environment names.
   */
  readonly accessToken?:
    | ((options: {
        readonly resource: string
        readonly tenant: string | undefined
        readonly signal: AbortSignal | undefined
      }) => Promise<Expiring<string>>)
    | undefined
  /** Place of the vault's API. Default: the vault that the reference names. */
  readonly endpoint?: string | undefined
}

const base64url = z.string().regex(/^[\w-]{1,2048}$/)
const keySchema = z.object({
  key: z.object({
    kid: z.string(),
    kty: z.string(),
    key_ops: z.array(z.string()).optional(),
    crv: z.string().optional(),
    x: base64url.optional(),
    y: base64url.optional(),
    n: base64url.optional(),
    e: base64url.optional(),
  }),
})
const signatureSchema = z.object({ kid: z.string(), value: base64url })
/** Azure's names (those of JOSE), and the bytes of each number of an ECDSA signature. */
const algorithms: Partial<Record<SignatureAlgorithm, readonly [name: string, numberBytes?: number]>> = {
  'ecdsa-sha2-256-nistp256': ['ES256', 32],
  'ecdsa-sha2-384-nistp384': ['ES384', 48],
  'ecdsa-sha2-512-nistp521': ['ES512', 66],
  'rsa-sign-pkcs1-2048-sha256': ['RS256'],
  'rsa-sign-pkcs1-3072-sha256': ['RS256'],
  'rsa-sign-pkcs1-4096-sha256': ['RS256'],
  'rsa-sign-pss-2048-sha256': ['PS256'],
  'rsa-sign-pss-3072-sha256': ['PS256'],
  'rsa-sign-pss-4096-sha256': ['PS256'],
}
const query = '?api-version=7.4'

/**
 * A signer of a key in Azure Key Vault or Managed HSM: `azurekms://VAULT[.vault.azure.net]/KEY[/VERSION]`, as cosign
 * writes it. Without a version the newest is chosen, once: all signatures are by it. RSA keys of every size sign with
 * SHA-256, which is what verifiers assume of a public key in PEM. Needs the key permissions `get` and `sign`.
 *
 * @throws {AttestError} `KMS_REFERENCE_INVALID` when the reference has another form.
 * @throws {AttestError} `KMS_UNCONFIGURED` when the endpoint can't be used.
 * @throws {AttestError} `KMS_ERROR` when Azure refuses or does not answer; also from `sign`.
 * @throws {AttestError} `KEY_UNSUPPORTED` when the key is not for signing, or not of a supported kind.
 * @throws {AttestError} `SIGNING_FAILED` from `sign`, when another version signed.
 */
export async function azureKmsSigner(
  reference: string,
  options: AzureKmsSignerOptions = {},
): Promise<Signer> {
  const { rsaPadding = 'pkcs1', signal } = options
  const parsed = parseAzureReference(reference)
  const { vault, name, version = '' } = parsed
  const key: KmsKey = { service: 'azure-kms', reference }
  const client = createKmsClient({
    key,
    endpoint: parseEndpoint(key, 'the endpoint', options.endpoint ?? `https://${vault}`),
    options,
    ...createAuthentication(parsed, options),
  })
  const asked = `/keys/${name}${version === '' ? '' : `/${version}`}${query}`
  const { key: found } = await client.call({ method: 'GET', path: asked, answer: keySchema, signal })
  const { kid, kty, key_ops: operations, crv = '', x = '', y = '', n = '', e = '' } = found
  const pinned = versionOf(kid, parsed)
  if (pinned === undefined || (version !== '' && version !== pinned)) {
    throw kmsError('KMS_ERROR', key, 'the service gave the public key of another key')
  }
  if (operations !== undefined && !operations.includes('sign')) {
    throw unsupportedKey(key, 'one whose operations do not include "sign"')
  }
  const type = kty.replace(/-HSM$/, '')
  // Without the check a symmetric key would be taken for a damaged one, and an unknown curve too.
  const isKnown = type === 'RSA' || (type === 'EC' && /^P-(?:256|384|521)$/.test(crv))
  if (!isKnown) throw unsupportedKey(key, JSON.stringify(`${kty} ${crv}`.trim()))
  const jwk = type === 'RSA' ? { kty: type, n, e } : { kty: type, crv, x, y }
  const publicKey = readPublicKey(key, { key: jwk, format: 'jwk' })
  const algorithm = requireAlgorithm(key, publicKey, rsaPadding)
  const [alg, numberBytes] = algorithms[algorithm] ?? []
  if (alg === undefined) throw unsupportedKey(key, algorithm)
  return createKmsSigner({
    publicKey,
    algorithm,
    async sign(digest, stop) {
      const signed = await client.call({
        method: 'POST',
        path: `/keys/${name}/${pinned}/sign${query}`,
        body: { alg, value: Buffer.from(digest).toString('base64url') },
        answer: signatureSchema,
        signal: stop,
      })
      if (versionOf(signed.kid, parsed) !== pinned) {
        throw kmsError('SIGNING_FAILED', key, `expected a signature by version ${pinned}, another one signed`)
      }
      const value = Buffer.from(signed.value, 'base64url')
      const signature = numberBytes === undefined ? value : toDerSignature(value, numberBytes)
      if (signature === undefined) {
        throw kmsError('KMS_ERROR', key, `the signature has ${value.byteLength} bytes, not ${alg}'s`)
      }
      return signature
    },
  })
}

/** The version in `https://VAULT/keys/NAME/VERSION`; names don't depend on case. */
function versionOf(kid: string, { vault, name }: AzureKmsReference): string | undefined {
  const prefix = `https://${vault}/keys/${name}/`.toLowerCase()
  // A vault may write its port.
  const plain = kid.replace(/^(https:\/\/[^/:]{1,100}):443\//, '$1/')
  const version = plain.slice(prefix.length)
  return plain.toLowerCase().startsWith(prefix) && /^[a-z0-9]{1,64}$/.test(version) ? version : undefined
}

/**
 * The first request goes without a token; the answer says what the token must be for. It is asked for only if that is
 * what vaults of this cloud take: another answer could make us hand out a token for something else.
 */
function createAuthentication(
  { resource }: AzureKmsReference,
  { env, clock = systemClock, accessToken }: AzureKmsSignerOptions,
): KmsAuthentication {
  const find = accessToken ?? ((request) => findEntraToken({ ...request, env, clock }))
  let challenge: AzureChallenge | undefined
  let cache = createExpiringCache<string>(clock)
  return {
    async authenticate({ signal }) {
      if (challenge === undefined) return {}
      const { tenant } = challenge
      const token = await cache.get('token', (stop) => find({ resource, tenant, signal: stop }), signal)
      return { authorization: `Bearer ${token}` }
    },
    challenged(field) {
      const asked = parseAzureChallenge(field)
      if (asked?.resource !== resource) return false
      challenge = asked
      // What was sent was not enough: a token that we kept has ended before its time.
      cache = createExpiringCache(clock)
      return true
    },
  }
}
