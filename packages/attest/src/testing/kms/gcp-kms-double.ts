import { createPublicKey, type KeyObject, sign } from 'node:crypto'
import { type DoubleAnswer, readJson, type ServiceDouble, startServiceDouble } from './service-double.ts'
import { signEcdsaDigest, signRsaDigest } from './sign-digest.ts'

/** A version of a key of Google's. */
export interface GcpKeyVersion {
  readonly privateKey: KeyObject
  /** E.g. `EC_SIGN_P256_SHA256`. */
  readonly algorithm: string
  state?: string
}

/** Google's Cloud KMS. */
export interface GcpKmsDouble extends ServiceDouble {
  /** By the resource name of the version. */
  readonly versions: Map<string, GcpKeyVersion>
  /** Fields that answers claim instead of the truth. */
  claims?: Readonly<Record<string, unknown>>
}

export const googleToken = 'ya29.a-token-of-google'
const pageSize = 2
const refuse = (code: number, status: string, message: string): DoubleAnswer => ({
  status: code,
  body: { error: { code, message, status } },
})

/** Starts a KMS that checks CRC-32C sums and really signs; its lists have two entries a page, sorted as text. */
export async function startGcpKmsDouble(): Promise<GcpKmsDouble> {
  const versions = new Map<string, GcpKeyVersion>()
  const double = await startServiceDouble(({ method, url, headers, body }) => {
    if (headers.authorization !== `Bearer ${googleToken}`) {
      return refuse(401, 'UNAUTHENTICATED', `Request had invalid credentials: ${headers.authorization}`)
    }
    const path = url.pathname.slice('/v1/'.length)
    if (method === 'GET' && path.endsWith('/cryptoKeyVersions')) {
      const all = [...versions]
        .filter(([name, { state = 'ENABLED' }]) => name.startsWith(`${path}/`) && state === 'ENABLED')
        .map(([name, { state = 'ENABLED' }]) => ({ name, state }))
        .sort((one, other) => (one.name < other.name ? 1 : -1))
      const start = Number(url.searchParams.get('pageToken') ?? 0)
      const next = start + pageSize < all.length ? { nextPageToken: String(start + pageSize) } : {}
      const page = all.slice(start, start + pageSize)
      return { status: 200, body: { ...(page.length === 0 ? {} : { cryptoKeyVersions: page }), ...next } }
    }
    const [, name = '', action] =
      /^(.+\/cryptoKeyVersions\/\d+)(\/publicKey|:asymmetricSign)$/.exec(path) ?? []
    const version = versions.get(name)
    if (version === undefined) return refuse(404, 'NOT_FOUND', `${name} not found.`)
    if ((version.state ?? 'ENABLED') !== 'ENABLED') {
      return refuse(400, 'FAILED_PRECONDITION', `${name} is not enabled, current state is: ${version.state}.`)
    }
    const answer = action === '/publicKey' ? describe(version) : signWith(version, readJson(body))
    if (answer === undefined) return refuse(400, 'INVALID_ARGUMENT', 'Checksum mismatch.')
    return { status: 200, body: { name, ...answer, ...kms.claims } }
  })
  const kms: GcpKmsDouble = Object.assign(double, { versions })
  return kms
}

function describe({ privateKey, algorithm }: GcpKeyVersion): object {
  const pem = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
  return { pem, algorithm, pemCrc32c: sumOf(Buffer.from(pem)), protectionLevel: 'HSM' }
}

function signWith(
  { privateKey, algorithm }: GcpKeyVersion,
  asked: Record<string, unknown>,
): object | undefined {
  if (algorithm === 'EC_SIGN_ED25519') {
    const data = Buffer.from(asked['data'] as string, 'base64')
    if (asked['dataCrc32c'] !== sumOf(data)) return undefined
    const signature = sign(null, data, privateKey)
    return { ...toAnswer(signature), verifiedDataCrc32c: true }
  }
  const hash = `sha${algorithm.slice(-3)}` as 'sha256' | 'sha384' | 'sha512'
  const digest = Buffer.from((asked['digest'] as Record<string, string>)[hash] ?? '', 'base64')
  if (digest.length * 8 !== Number(hash.slice(3)) || asked['digestCrc32c'] !== sumOf(digest)) return undefined
  const signature = algorithm.startsWith('EC')
    ? signEcdsaDigest(privateKey, digest, 'der')
    : signRsaDigest(privateKey, digest, hash, algorithm.includes('PSS') ? 'pss' : 'pkcs1')
  return { ...toAnswer(signature), verifiedDigestCrc32c: true }
}

function toAnswer(signature: Buffer): object {
  return { signature: signature.toString('base64'), signatureCrc32c: sumOf(signature) }
}

/** CRC-32C as text, by division of polynomials in big integers: slow, and another way than the code under test. */
function sumOf(bytes: Buffer): string {
  const reverse = (value: bigint, width: number): bigint =>
    BigInt(`0b${[...value.toString(2).padStart(width, '0')].reverse().join('')}`)
  let message = 0n
  for (const byte of bytes) message = (message << 8n) | reverse(BigInt(byte), 8)
  const width = bytes.length * 8
  let rest = (message << 32n) ^ (0xffffffffn << BigInt(width))
  for (let bit = width - 1; bit >= 0; bit--) {
    if ((rest >> BigInt(bit + 32)) & 1n) rest ^= 0x11edc6f41n << BigInt(bit)
  }
  return (reverse(rest, 32) ^ 0xffffffffn).toString()
}
