import { createPublicKey, type KeyObject } from 'node:crypto'
import { type DoubleAnswer, readJson, type ServiceDouble, startServiceDouble } from './service-double.ts'
import { signEcdsaDigest, signRsaDigest } from './sign-digest.ts'

/** A key of a vault. */
export interface AzureKey {
  /** By version, the oldest first. */
  readonly versions: Map<string, KeyObject>
  readonly operations?: readonly string[]
  readonly hsm?: boolean
}

/** An Azure Key Vault. */
export interface AzureVaultDouble extends ServiceDouble {
  readonly keys: Map<string, AzureKey>
  /** The token that it takes; another one has ended. */
  token: string
  /** What it asks for. */
  challenge: string
  /** Version that signs whatever is asked for. */
  signsWith?: string
}

export const azureVault = 'release.vault.azure.net'
const refuse = (status: number, code: string, message: string): DoubleAnswer => ({
  status,
  body: { error: { code, message } },
})

/** Starts a vault that asks for a token as Azure does and really signs. */
export async function startAzureVaultDouble(): Promise<AzureVaultDouble> {
  const keys = new Map<string, AzureKey>()
  const double = await startServiceDouble(({ method, url, headers, body }) => {
    if (headers.authorization !== `Bearer ${vault.token}`) {
      const refused = refuse(401, 'Unauthorized', 'AKV10000: Request is missing a Bearer or PoP token.')
      return { ...refused, headers: { 'www-authenticate': vault.challenge } }
    }
    if (url.searchParams.get('api-version') !== '7.4') return refuse(400, 'BadParameter', 'api-version')
    const [, name = '', named, action] =
      /^\/keys\/([^/]+)(?:\/([a-z0-9]+))?(\/sign)?$/.exec(url.pathname) ?? []
    const key = keys.get(name)
    const version =
      (action === undefined ? undefined : vault.signsWith) ??
      named ??
      [...(key?.versions.keys() ?? [])].at(-1)
    const privateKey = key?.versions.get(version ?? '')
    if (key === undefined || privateKey === undefined) {
      return refuse(404, 'KeyNotFound', `A key with (name/id) ${name} was not found in this key vault.`)
    }
    const kid = `https://${azureVault}/keys/${name}/${version}`
    if (method === 'GET' && action === undefined) return { status: 200, body: describe(key, kid, privateKey) }
    const { alg, value } = readJson(body) as Record<string, string>
    const signature = signWith(privateKey, alg ?? '', Buffer.from(value ?? '', 'base64url'))
    return signature === undefined
      ? refuse(400, 'BadParameter', 'The algorithm or the length of the digest does not fit.')
      : { status: 200, body: { kid, value: signature.toString('base64url') } }
  })
  const vault: AzureVaultDouble = Object.assign(double, {
    keys,
    token: 'eyJ.a-token-of-entra',
    challenge:
      'Bearer authorization="https://login.microsoftonline.com/72f988bf-86f1", resource="https://vault.azure.net"',
  })
  return vault
}

function describe({ operations = ['sign', 'verify'], hsm }: AzureKey, kid: string, key: KeyObject): object {
  if (key.type === 'secret') return { key: { kid, kty: 'oct-HSM', key_ops: operations } }
  const { kty, ...numbers } = createPublicKey(key).export({ format: 'jwk' })
  const type = `${kty}${hsm ? '-HSM' : ''}`
  return { key: { kid, kty: type, key_ops: operations, ...numbers }, attributes: { enabled: true } }
}

function signWith(key: KeyObject, alg: string, digest: Buffer): Buffer | undefined {
  const size = Number(alg.slice(2)) as 256 | 384 | 512
  if (digest.length * 8 !== size) return undefined
  switch (alg.slice(0, 2)) {
    case 'ES': {
      const curve = { 256: 'P-256', 384: 'P-384', 512: 'P-521' }[size]
      return key.export({ format: 'jwk' }).crv === curve ? signEcdsaDigest(key, digest, 'compact') : undefined
    }
    case 'RS':
      return signRsaDigest(key, digest, `sha${size}`, 'pkcs1')
    case 'PS':
      return signRsaDigest(key, digest, `sha${size}`, 'pss')
    default:
      return undefined
  }
}
