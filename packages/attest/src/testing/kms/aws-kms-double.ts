import { createHash, createHmac, createPublicKey, type KeyObject } from 'node:crypto'
import {
  type DoubleAnswer,
  readJson,
  type SeenCall,
  type ServiceDouble,
  startServiceDouble,
} from './service-double.ts'
import { signEcdsaDigest, signRsaDigest } from './sign-digest.ts'

/** A key of AWS KMS. */
export interface AwsKmsKey {
  readonly arn: string
  readonly privateKey: KeyObject
  readonly usage?: string
  /** Default: all of the key's kind. */
  readonly signingAlgorithms?: readonly string[]
  disabled?: boolean
}

/** AWS KMS in one region. */
export interface AwsKmsDouble extends ServiceDouble {
  /** By ARN. */
  readonly keys: Map<string, AwsKmsKey>
  /** ARNs by alias, e.g. `alias/release`. */
  readonly aliases: Map<string, string>
  /** Fields that answers to `Sign` claim instead of the truth. */
  claims?: Readonly<Record<string, string>>
}

/** The identity that may call. */
export const awsIdentity = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG',
  sessionToken: 'a-session-token-of-aws',
}

const region = 'eu-central-1'
export const awsKeyArn = (id: string): string => `arn:aws:kms:${region}:111122223333:key/${id}`
const refuse = (type: string, message = ''): DoubleAnswer => ({
  status: 400,
  body: { __type: type, message },
})

/** Starts a KMS that checks the signature of each request (Signature Version 4) and really signs. */
export async function startAwsKmsDouble(now: () => Date): Promise<AwsKmsDouble> {
  const keys = new Map<string, AwsKmsKey>()
  const aliases = new Map<string, string>()
  const double = await startServiceDouble((call) => {
    const fault = authenticate(call, now())
    if (fault !== undefined) return refuse(fault, 'The security token included in the request is invalid.')
    if (call.headers['content-type'] !== 'application/x-amz-json-1.1') return refuse('SerializationException')
    const asked = readJson(call.body)
    const id = asked['KeyId'] as string
    const arn =
      aliases.get(id.replace(/^arn:.*:(?=alias\/)/, '')) ?? (id.startsWith('arn:') ? id : awsKeyArn(id))
    const key = keys.get(arn)
    if (key === undefined) return refuse('NotFoundException', `Key '${arn}' does not exist`)
    if (key.disabled) return refuse('DisabledException', `${arn} is disabled.`)
    switch (call.headers['x-amz-target']) {
      case 'TrentService.GetPublicKey':
        return { status: 200, body: describe(key) }
      case 'TrentService.DescribeKey':
        return { status: 200, body: { KeyMetadata: { ...describe(key), PublicKey: undefined } } }
      case 'TrentService.Sign':
        return signWith(key, asked, kms.claims)
      default:
        return refuse('UnknownOperationException')
    }
  })
  const kms: AwsKmsDouble = Object.assign(double, { keys, aliases })
  return kms
}

function describe(key: AwsKmsKey): object {
  const der = createPublicKey(key.privateKey).export({ type: 'spki', format: 'der' })
  return {
    KeyId: key.arn,
    PublicKey: der.toString('base64'),
    KeyUsage: key.usage ?? 'SIGN_VERIFY',
    SigningAlgorithms: algorithmsOf(key),
  }
}

function algorithmsOf({ privateKey, signingAlgorithms }: AwsKmsKey): readonly string[] {
  if (signingAlgorithms !== undefined) return signingAlgorithms
  switch (privateKey.asymmetricKeyType) {
    case 'rsa':
      return ['RSASSA_PKCS1_V1_5', 'RSASSA_PSS'].flatMap((padding) =>
        [256, 384, 512].map((size) => `${padding}_SHA_${size}`),
      )
    case 'ec': {
      const sizes: Record<string, number> = {
        prime256v1: 256,
        secp384r1: 384,
        secp521r1: 512,
        secp256k1: 256,
      }
      return [`ECDSA_SHA_${sizes[privateKey.asymmetricKeyDetails?.namedCurve ?? '']}`]
    }
    default:
      return ['ED25519_SHA_512', 'ED25519_PH_SHA_512']
  }
}

function signWith(
  key: AwsKmsKey,
  asked: Record<string, unknown>,
  claims: Readonly<Record<string, string>> = {},
): DoubleAnswer {
  const algorithm = asked['SigningAlgorithm'] as string
  if (!algorithmsOf(key).includes(algorithm)) return refuse('InvalidKeyUsageException')
  const size = Number(algorithm.slice(-3)) as 256 | 384 | 512
  const digest = Buffer.from(asked['Message'] as string, 'base64')
  if (asked['MessageType'] !== 'DIGEST' || digest.length * 8 !== size) {
    return refuse('ValidationException', 'Digest is invalid length for algorithm')
  }
  const signature = algorithm.startsWith('ECDSA')
    ? signEcdsaDigest(key.privateKey, digest, 'der')
    : signRsaDigest(key.privateKey, digest, `sha${size}`, algorithm.includes('PSS') ? 'pss' : 'pkcs1')
  const answer = { KeyId: key.arn, SigningAlgorithm: algorithm, Signature: signature.toString('base64') }
  return { status: 200, body: { ...answer, ...claims } }
}

/** Computes the signature anew from what arrived; the name of AWS's error, when it is not the same. */
function authenticate({ method, url, headers, body }: SeenCall, now: Date): string | undefined {
  const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex')
  const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
  const form =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/
  const [, id, scope = '', names = '', signature] = form.exec(headers.authorization ?? '') ?? []
  if (id === undefined) return 'MissingAuthenticationTokenException'
  if (id !== awsIdentity.accessKeyId) return 'UnrecognizedClientException'
  const stamp = String(headers['x-amz-date'])
  const day = stamp.slice(0, 8)
  const needed = ['content-type', 'host', 'x-amz-date', 'x-amz-security-token', 'x-amz-target']
  const signed = names.split(';')
  if (scope !== `${day}/${region}/kms/aws4_request`) return 'InvalidSignatureException'
  if (!needed.every((name) => signed.includes(name))) return 'IncompleteSignatureException'
  if (headers['x-amz-security-token'] !== awsIdentity.sessionToken) return 'UnrecognizedClientException'
  const time = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3:$4:$5Z'))
  if (!(Math.abs(time - now.getTime()) < 5 * 60_000)) return 'InvalidSignatureException'
  const lines = signed.map((name) => `${name}:${String(headers[name]).trim()}\n`).join('')
  const canonical = [method, url.pathname, '', lines, names, sha256(body)].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope, sha256(canonical)].join('\n')
  let key: string | Buffer = `AWS4${awsIdentity.secretAccessKey}`
  for (const part of scope.split('/')) key = hmac(key, part)
  return hmac(key, toSign).toString('hex') === signature ? undefined : 'InvalidSignatureException'
}
