import { createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import { isJsonDeeperThan } from '@sallyport/core'
import { refuseSender } from './sender-check.ts'

/** A public key as identity providers publish them. */
export type TokenKey = JsonWebKey & {
  /** Names the key in tokens; absent where an issuer has one. */
  readonly kid?: string | undefined
  /** Algorithm that it is for; a token that names another one is refused. */
  readonly alg?: string | undefined
}

/** Header and claims of a token whose signature is still to be verified. */
export interface UnverifiedToken {
  readonly algorithm: 'RS256' | 'ES256'
  readonly keyId: string | undefined
  readonly claims: Readonly<Record<string, unknown>>
  readonly signed: Buffer
  readonly signature: Buffer
}

const maxTokenLength = 16 * 1024
const base64Url = /^[A-Za-z0-9_-]+$/

/**
 * Takes a JSON Web Token apart (RFC 7515, compact form). RS256 and ES256 only: both need a public key, so that none of
 * the tricks with `none` or a shared secret get anywhere.
 *
 * @throws {MonitorError} `DELIVERY_REFUSED`.
 */
export function parseToken(token: string): UnverifiedToken {
  const parts = token.split('.')
  const [header = '', payload = '', signature = ''] = parts
  if (token.length > maxTokenLength || parts.length !== 3 || !parts.every((part) => base64Url.test(part)))
    throw refuseSender('not a JSON Web Token')
  const { alg, kid, crit } = parseObject(header)
  if (alg !== 'RS256' && alg !== 'ES256')
    throw refuseSender('the token is signed neither by RS256 nor by ES256')
  // Extensions that have to be understood; none is.
  if (crit !== undefined) throw refuseSender('the token has critical extensions')
  return {
    algorithm: alg,
    keyId: typeof kid === 'string' ? kid : undefined,
    claims: parseObject(payload),
    signed: Buffer.from(`${header}.${payload}`),
    signature: Buffer.from(signature, 'base64url'),
  }
}

/** Whether one of the keys made the signature. Keys of another kind or purpose are passed over. */
export function isSignedByOneOf(token: UnverifiedToken, keys: readonly TokenKey[]): boolean {
  return keys.some((key) => isSignedBy(token, key))
}

function isSignedBy({ algorithm, keyId, signed, signature }: UnverifiedToken, key: TokenKey): boolean {
  if (keyId !== undefined && key.kid !== undefined && key.kid !== keyId) return false
  if (key.alg !== undefined && key.alg !== algorithm) return false
  if (key['use'] !== undefined && key['use'] !== 'sig') return false
  const isKind = algorithm === 'RS256' ? key.kty === 'RSA' : key.kty === 'EC' && key.crv === 'P-256'
  if (!isKind) return false
  try {
    const publicKey = createPublicKey({ key, format: 'jwk' })
    const bits = publicKey.asymmetricKeyDetails?.modulusLength
    if (bits !== undefined && bits < 2048) return false
    return verify('sha256', signed, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
  } catch {
    return false
  }
}

function parseObject(part: string): Record<string, unknown> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(part, 'base64url'))
    if (isJsonDeeperThan(text, 16)) throw new SyntaxError('too deep')
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>
  } catch {
    // Falls through: what it is not is all that is said.
  }
  throw refuseSender('not a JSON Web Token')
}
