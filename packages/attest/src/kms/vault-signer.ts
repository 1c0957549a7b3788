import type { KeyObject } from 'node:crypto'
import * as z from 'zod'
import { decodeCanonicalBase64 } from '../internal/canonical-base64.ts'
import type { Signer } from '../ports/signer.ts'
import { signatureHash } from '../signing/algorithm-registry.ts'
import { createKmsSigner } from './create-kms-signer.ts'
import {
  findVaultSettings,
  findVaultToken,
  requireVaultToken,
  type VaultSettings,
} from './find-vault-settings.ts'
import { createKmsClient } from './kms-client.ts'
import { type KmsKey, kmsError } from './kms-key.ts'
import type { KmsSignerOptions } from './kms-signer-options.ts'
import { parseVaultReference } from './parse-vault-reference.ts'
import { readPublicKey, requireAlgorithm, unsupportedKey } from './read-public-key.ts'

/** Options of {@link vaultSigner}. */
export interface VaultSignerOptions extends KmsSignerOptions, VaultSettings {
  /**
   * The token, or what gives it for each request. Default: `VAULT_TOKEN`, else `BAO_TOKEN`, else the file `.vault-token` in
   * the home folder.
   */
  readonly token?:
    | string
    | ((options: { readonly signal: AbortSignal | undefined }) => Promise<string>)
    | undefined
  /** Version of the key. Default: the newest when the signer is made. */
  readonly keyVersion?: number | undefined
}

const keySchema = z.object({
  data: z.object({
    type: z.string(),
    latest_version: z.int().positive(),
    keys: z.record(z.string(), z.unknown()),
  }),
})
const versionSchema = z.object({
  public_key: z
    .string()
    .min(1)
    .max(16 * 1024),
})
const signatureSchema = z.object({ data: z.object({ signature: z.string() }) })
const hashNames = { sha256: 'sha2-256', sha384: 'sha2-384', sha512: 'sha2-512' } as const
const typePattern = /^(?:ecdsa-p(?:256|384|521)|rsa-(?:2048|3072|4096)|ed25519)$/
const signaturePattern = /^vault:v([1-9]\d{0,9}):([A-Za-z0-9+/=]+)$/

/**
 * A signer of a key in the transit engine of HashiCorp Vault or OpenBao: `hashivault://KEY`, as cosign writes it. The
 * newest version of the key, or `keyVersion`, is read once: all signatures are by it, also after a rotation. Needs a
 * policy with `read` on `transit/keys/KEY` and `update` on `transit/sign/KEY` and `transit/sign/KEY/*`.
 *
 * @throws {AttestError} `KMS_REFERENCE_INVALID` when the reference has another form.
 * @throws {AttestError} `KMS_UNCONFIGURED` when there is no address or token, or one that can't be used.
 * @throws {AttestError} `KMS_ERROR` when Vault refuses, is sealed, or does not answer; also from `sign`.
 * @throws {AttestError} `KEY_UNSUPPORTED` when the key is not for signing, or not of a supported kind.
 * @throws {AttestError} `SIGNING_FAILED` from `sign`, when another version signed.
 */
export async function vaultSigner(reference: string, options: VaultSignerOptions = {}): Promise<Signer> {
  const { env = process.env, rsaPadding = 'pkcs1', token, keyVersion, signal } = options
  const name = parseVaultReference(reference)
  const key: KmsKey = { service: 'vault', reference }
  const { endpoint, headers, mount, ca } = await findVaultSettings(key, env, options)
  const client = createKmsClient({
    key,
    endpoint,
    ca,
    options,
    async authenticate({ signal }) {
      const found = typeof token === 'function' ? await token({ signal }) : token
      return { 'x-vault-token': requireVaultToken(key, found ?? (await findVaultToken(key, env))) }
    },
  })
  const path = `/v1/${mount}/keys/${name}`
  const { data } = await client.call({ method: 'GET', path, headers, answer: keySchema, signal })
  const version = keyVersion ?? data.latest_version
  const publicKey = publicKeyOf(key, data.type, version, data.keys[version])
  const algorithm = requireAlgorithm(key, publicKey, rsaPadding)
  const hash = signatureHash(algorithm)
  return createKmsSigner({
    publicKey,
    algorithm,
    async sign(input, stop) {
      const { data: signed } = await client.call({
        method: 'POST',
        // The hash stands in the path, as cosign has it, so that one policy serves both.
        path: `/v1/${mount}/sign/${name}${hash === undefined ? '' : `/${hashNames[hash]}`}`,
        headers,
        body: {
          input: Buffer.from(input).toString('base64'),
          prehashed: hash !== undefined,
          key_version: version,
          marshaling_algorithm: 'asn1',
          ...(publicKey.asymmetricKeyType === 'rsa'
            ? { signature_algorithm: rsaPadding === 'pss' ? 'pss' : 'pkcs1v15', salt_length: 'hash' }
            : {}),
        },
        answer: signatureSchema,
        signal: stop,
      })
      const [, signedBy, text = ''] = signaturePattern.exec(signed.signature) ?? []
      const signature = decodeCanonicalBase64(text)
      if (signedBy === undefined || signature === undefined) {
        throw kmsError('KMS_ERROR', key, 'the signature has not the form vault:vN:base64')
      }
      if (Number(signedBy) !== version) {
        throw kmsError(
          'SIGNING_FAILED',
          key,
          `expected a signature by version ${version}, got one by version ${signedBy}`,
        )
      }
      return signature
    },
  })
}

function publicKeyOf(key: KmsKey, type: string, version: number, entry: unknown): KeyObject {
  if (entry === undefined) throw kmsError('KMS_ERROR', key, `the key has no version ${version}`)
  const parsed = versionSchema.safeParse(entry)
  // Of symmetric keys there is only a time, and derived ones have no public key of their own.
  if (!parsed.success || !typePattern.test(type)) throw unsupportedKey(key, JSON.stringify(type.slice(0, 80)))
  const { public_key: text } = parsed.data
  if (type !== 'ed25519') return readPublicKey(key, text)
  const x = Buffer.from(text, 'base64').toString('base64url')
  return readPublicKey(key, { key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
}
