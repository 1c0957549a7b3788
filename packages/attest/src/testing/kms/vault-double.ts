import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import {
  type DoubleAnswer,
  readJson,
  type SeenCall,
  type ServiceDouble,
  startServiceDouble,
} from './service-double.ts'
import { signEcdsaDigest, signRsaDigest, verifiesDigest } from './sign-digest.ts'

/** A key of the transit engine. */
export interface TransitKey {
  readonly type: string
  /** Private keys by version, the first one first; a rotation adds one. */
  readonly versions: KeyObject[]
  minEncryptionVersion?: number
}

/** Vault with a transit engine. */
export interface VaultDouble extends ServiceDouble {
  readonly keys: Map<string, TransitKey>
  sealed: boolean
  /** Signs with this version whatever is asked for. */
  signsWith?: number
}

/** What a {@link VaultDouble} expects. */
export interface VaultDoubleOptions {
  readonly token?: string
  readonly namespace?: string
  readonly mount?: string
  /** Paths below the mount on which the token's policy allows `read` (GET) and `update` (POST), e.g. `GET keys/release`. */
  readonly policy?: readonly string[]
  readonly tls?: { readonly cert: string; readonly key: string }
}

const hashes = { 'sha2-256': 'sha256', 'sha2-384': 'sha384', 'sha2-512': 'sha512' } as const
const digestBytes = { sha256: 32, sha384: 48, sha512: 64 } as const
const refuse = (status: number, ...errors: string[]): DoubleAnswer => ({ status, body: { errors } })

/** Starts a Vault that does of the transit engine what signing needs, and answers errors as Vault does. */
export async function startVaultDouble({
  token = 'hvs.a-token-of-vault',
  namespace,
  mount = 'transit',
  policy,
  tls,
}: VaultDoubleOptions = {}): Promise<VaultDouble> {
  const keys = new Map<string, TransitKey>()
  const double = await startServiceDouble((call) => {
    if (vault.sealed) return refuse(503, 'Vault is sealed')
    const allowed = call.headers['x-vault-token'] === token && call.headers['x-vault-namespace'] === namespace
    // Clients write with either method.
    const verb = call.method === 'PUT' ? 'POST' : call.method
    const prefix = `/v1/${mount}/`
    const path = call.url.pathname.slice(prefix.length)
    const denied = policy !== undefined && !policy.includes(`${verb} ${path}`)
    if (!allowed || denied) return refuse(403, '1 error occurred:\n\t* permission denied\n\n')
    if (!call.url.pathname.startsWith(prefix)) return refuse(404, 'no handler for route')
    // cosign has an empty part before the hash.
    const [action, name = '', hash] = path.split(/\/+/)
    const key = keys.get(name)
    if (action === 'keys' && call.method === 'GET') {
      return key === undefined
        ? { status: 404, body: { errors: [] } }
        : { status: 200, body: describe(name, key) }
    }
    if (action === 'verify' && key !== undefined) return verifyWith(key, hash, call)
    if (action !== 'sign' || verb !== 'POST') return refuse(404, 'unsupported path')
    return key === undefined ? refuse(400, 'signing key not found') : signWith(key, hash, call)
  }, tls)

  function signWith(key: TransitKey, hashName: string | undefined, { body }: SeenCall): DoubleAnswer {
    const asked = readJson(body)
    const latest = key.versions.length
    const version = vault.signsWith ?? (Number(asked['key_version'] ?? 0) || latest)
    if (version < (key.minEncryptionVersion ?? 0)) {
      return refuse(400, 'requested version for signing is less than the minimum encryption key version')
    }
    const privateKey = key.versions[version - 1]
    if (privateKey === undefined) return refuse(400, 'requested version does not exist')
    const input = Buffer.from(asked['input'] as string, 'base64')
    const answer = (signature: Buffer, encoding: 'base64' | 'base64url' = 'base64'): DoubleAnswer => ({
      status: 200,
      body: {
        data: { key_version: version, signature: `vault:v${version}:${signature.toString(encoding)}` },
      },
    })
    if (key.type === 'ed25519') {
      if (asked['prehashed']) return refuse(400, 'only Pure Ed25519 signatures supported')
      return answer(sign(null, input, privateKey))
    }
    const hash = hashes[(hashName ?? 'sha2-256') as keyof typeof hashes]
    if (hash === undefined) return refuse(400, `invalid hash algorithm ${hashName}`)
    if (asked['prehashed'] !== true || input.length !== digestBytes[hash])
      return refuse(400, 'unexpected input')
    if (key.type.startsWith('rsa')) {
      const isPss = (asked['signature_algorithm'] ?? 'pss') === 'pss'
      if (isPss && asked['salt_length'] !== 'hash')
        return refuse(400, 'this double signs with hash as salt_length')
      return answer(signRsaDigest(privateKey, input, hash, isPss ? 'pss' : 'pkcs1'))
    }
    return asked['marshaling_algorithm'] === 'jws'
      ? answer(signEcdsaDigest(privateKey, input, 'compact'), 'base64url')
      : answer(signEcdsaDigest(privateKey, input, 'der'))
  }

  function verifyWith(key: TransitKey, hashName: string | undefined, { body }: SeenCall): DoubleAnswer {
    const asked = readJson(body) as Record<string, string>
    const [, version = '', signature = ''] = /^vault:v(\d+):(.+)$/.exec(asked['signature'] ?? '') ?? []
    const privateKey = key.versions[Number(version) - 1]
    const hash = hashes[hashName as keyof typeof hashes]
    if (privateKey === undefined || hash === undefined) return refuse(400, 'invalid signature or hash')
    const digest = Buffer.from(asked['input'] ?? '', 'base64')
    const valid = verifiesDigest(privateKey, digest, hash, Buffer.from(signature, 'base64'))
    return { status: 200, body: { data: { valid } } }
  }

  const vault: VaultDouble = Object.assign(double, { keys, sealed: false })
  return vault
}

function describe(name: string, { type, versions }: TransitKey): object {
  const entries = versions.map((key, index) => {
    if (key.type === 'secret') return [index + 1, 1_767_225_600]
    const publicKey = createPublicKey(key)
    const text =
      type === 'ed25519'
        ? Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64')
        : publicKey.export({ type: 'spki', format: 'pem' }).toString()
    return [
      index + 1,
      { creation_time: '2026-01-01T00:00:00Z', name: type.replace('ecdsa-p', 'P-'), public_key: text },
    ]
  })
  const keys: unknown = Object.fromEntries(entries)
  return { data: { name, type, keys, latest_version: versions.length, min_available_version: 0 } }
}
