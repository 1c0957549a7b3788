import { systemClock } from '@sallyport/core'
import { createExpiringCache, type Expiring, findGoogleToken } from '@sallyport/oci/cloud'
import * as z from 'zod'
import { decodeCanonicalBase64 } from '../internal/canonical-base64.ts'
import type { Signer } from '../ports/signer.ts'
import { signatureHash } from '../signing/algorithm-registry.ts'
import type { SignatureAlgorithm } from '../signing/signature-algorithm.ts'
import { crc32c } from './crc32c.ts'
import { createKmsSigner } from './create-kms-signer.ts'
import { findEnabledVersion } from './find-enabled-version.ts'
import { createKmsClient } from './kms-client.ts'
import { type KmsKey, kmsError } from './kms-key.ts'
import type { KmsSignerOptions } from './kms-signer-options.ts'
import { parseEndpoint } from './parse-endpoint.ts'
import { parseGcpReference } from './parse-gcp-reference.ts'
import { readPublicKey, unsupportedKey } from './read-public-key.ts'
import { signatureAlgorithmOf } from './signature-algorithm-of.ts'

/** Options of {@link gcpKmsSigner}. */
export interface GcpKmsSignerOptions extends KmsSignerOptions {
  /**
   * An access token of Google and its end, e.g. from `google-auth-library`. Default: from the application default
   * credentials, or the metadata service.
   */
  readonly accessToken?:
    | ((options: { readonly signal: AbortSignal | undefined }) => Promise<Expiring<string>>)
    | undefined
  /** Place of the API. Default `https://cloudkms.googleapis.com`. */
  readonly endpoint?: string | undefined
}

/** A 64-bit number, which Google writes as text. */
const checksum = z.union([z.string().regex(/^\d{1,10}$/), z.int().nonnegative()]).transform(Number)
const keySchema = z.object({
  name: z.string(),
  algorithm: z.string(),
  pem: z.string().max(16 * 1024),
  pemCrc32c: checksum,
})
const signatureSchema = z.object({
  name: z.string(),
  signature: z.string(),
  signatureCrc32c: checksum,
  verifiedDigestCrc32c: z.boolean().default(false),
  verifiedDataCrc32c: z.boolean().default(false),
})
const algorithms: Readonly<Record<string, SignatureAlgorithm>> = {
  EC_SIGN_P256_SHA256: 'ecdsa-sha2-256-nistp256',
  EC_SIGN_P384_SHA384: 'ecdsa-sha2-384-nistp384',
  EC_SIGN_ED25519: 'ed25519',
  RSA_SIGN_PKCS1_2048_SHA256: 'rsa-sign-pkcs1-2048-sha256',
  RSA_SIGN_PKCS1_3072_SHA256: 'rsa-sign-pkcs1-3072-sha256',
  RSA_SIGN_PKCS1_4096_SHA256: 'rsa-sign-pkcs1-4096-sha256',
  RSA_SIGN_PSS_2048_SHA256: 'rsa-sign-pss-2048-sha256',
  RSA_SIGN_PSS_3072_SHA256: 'rsa-sign-pss-3072-sha256',
  RSA_SIGN_PSS_4096_SHA256: 'rsa-sign-pss-4096-sha256',
}
/** Most bytes of content that Google signs itself, as Ed25519 needs it. */
const maxDataBytes = 64 * 1024

/**
 * A signer of a key in Google's Cloud KMS: `gcpkms://projects/P/locations/L/keyRings/R/cryptoKeys/K[/versions/V]`, as
 * cosign writes it. Without a version the newest enabled one is chosen, once: all signatures are by it. Needs
 * `cloudkms.cryptoKeyVersions.viewPublicKey` and `.useToSign`; without a version also `.list`.
 *
 * @throws {AttestError} `KMS_REFERENCE_INVALID` when the reference has another form.
 * @throws {AttestError} `KMS_UNCONFIGURED` when the endpoint can't be used.
 * @throws {AttestError} `KMS_ERROR` when Google refuses, does not answer, or what came was damaged; also from `sign`.
 * @throws {AttestError} `KEY_UNSUPPORTED` when the key is not for signing, or not of a supported kind.
 * @throws {AttestError} `SIGNING_FAILED` from `sign`, when another version signed, or Ed25519 content is over 64 KiB.
 */
export async function gcpKmsSigner(reference: string, options: GcpKmsSignerOptions = {}): Promise<Signer> {
  const { env = process.env, clock = systemClock, rsaPadding, signal } = options
  const { accessToken = (request) => findGoogleToken({ ...request, env, clock }) } = options
  const { cryptoKey, version } = parseGcpReference(reference)
  const key: KmsKey = { service: 'gcp-kms', reference }
  const cache = createExpiringCache<string>(clock)
  const client = createKmsClient({
    key,
    endpoint: parseEndpoint(key, 'the endpoint', options.endpoint ?? 'https://cloudkms.googleapis.com'),
    options,
    async authenticate({ signal }) {
      const token = await cache.get('token', (stop) => accessToken({ signal: stop }), signal)
      return { authorization: `Bearer ${token}` }
    },
  })
  const name =
    version === undefined
      ? await findEnabledVersion(client, key, cryptoKey, signal)
      : `${cryptoKey}/cryptoKeyVersions/${version}`
  const found = await client.call({
    method: 'GET',
    path: `/v1/${name}/publicKey`,
    answer: keySchema,
    signal,
  })
  if (found.name !== name) throw kmsError('KMS_ERROR', key, 'the service gave the public key of another key')
  if (crc32c(Buffer.from(found.pem, 'utf8')) !== found.pemCrc32c) throw damaged(key, 'the public key')
  const algorithm = Object.hasOwn(algorithms, found.algorithm) ? algorithms[found.algorithm] : undefined
  if (algorithm === undefined) throw unsupportedKey(key, JSON.stringify(found.algorithm))
  const publicKey = readPublicKey(key, found.pem)
  const padding = algorithm.startsWith('rsa-sign-pss') ? 'pss' : 'pkcs1'
  if (signatureAlgorithmOf(publicKey, padding) !== algorithm) {
    throw kmsError('KMS_ERROR', key, `the service gave a public key that is not ${found.algorithm}`)
  }
  if (publicKey.asymmetricKeyType === 'rsa' && rsaPadding !== undefined && rsaPadding !== padding) {
    throw unsupportedKey(key, `${found.algorithm}, where ${rsaPadding} is asked for`)
  }
  const hash = signatureHash(algorithm)
  return createKmsSigner({
    publicKey,
    algorithm,
    async sign(input, stop) {
      if (hash === undefined && input.byteLength > maxDataBytes) {
        throw kmsError(
          'SIGNING_FAILED',
          key,
          `Ed25519 signs at most ${maxDataBytes} bytes there, got ${input.byteLength}: use an ECDSA or RSA key`,
        )
      }
      const text = Buffer.from(input).toString('base64')
      const sum = String(crc32c(input))
      const body =
        hash === undefined ? { data: text, dataCrc32c: sum } : { digest: { [hash]: text }, digestCrc32c: sum }
      const answer = signatureSchema
      const path = `/v1/${name}:asymmetricSign`
      const signed = await client.call({ method: 'POST', path, body, answer, signal: stop })
      if (signed.name !== name) {
        throw kmsError('SIGNING_FAILED', key, `expected a signature by ${name}, another version signed`)
      }
      const arrived = hash === undefined ? signed.verifiedDataCrc32c : signed.verifiedDigestCrc32c
      if (!arrived) throw damaged(key, 'what was to be signed')
      const signature = decodeCanonicalBase64(signed.signature)
      if (signature === undefined || crc32c(signature) !== signed.signatureCrc32c) {
        throw damaged(key, 'the signature')
      }
      return signature
    },
  })
}

function damaged(key: KmsKey, what: string): Error {
  return kmsError('KMS_ERROR', key, `${what} was damaged on its way (CRC-32C)`, { retryable: true })
}
