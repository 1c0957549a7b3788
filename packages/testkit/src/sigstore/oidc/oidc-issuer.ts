import { sign, verify } from 'node:crypto'
import { createSigningKey } from '../keys/signing-key.ts'

/** Claims of a token, as JSON. */
export type TokenClaims = Readonly<Record<string, unknown>>

/** What a token says. */
export interface TokenOptions {
  /** `sub`. Default: the e-mail address, or `developer`. */
  readonly subject?: string | undefined
  /** `email`, verified. */
  readonly email?: string | undefined
  /** More claims; they win over the others. */
  readonly claims?: TokenClaims | undefined
  /** `aud`. Default `sigstore`. */
  readonly audience?: string | undefined
  /** Seconds until it expires; negative for one that has. Default 600. */
  readonly expiresIn?: number | undefined
}

/** An issuer of OIDC tokens. */
export interface OidcIssuer {
  readonly url: string
  issueToken(options?: TokenOptions): string
  /**
   * The claims of a token of this issuer.
   *
   * @throws {Error} for any other, for another audience, and outside of its time. The message never has the token.
   */
  verifyToken(token: string, audience: string): TokenClaims
  /** What it serves, by path below its URL. */
  document(path: string): unknown
}

/** Creates an issuer that signs with ES256. */
export function createOidcIssuer({
  url,
  now,
}: {
  readonly url: string
  readonly now: () => number
}): OidcIssuer {
  const key = createSigningKey('p256')
  const keyId = 'test-key'
  const documents = new Map<string, unknown>([
    [
      '/.well-known/openid-configuration',
      {
        issuer: url,
        jwks_uri: `${url}/keys`,
        authorization_endpoint: `${url}/auth`,
        token_endpoint: `${url}/token`,
        response_types_supported: ['id_token'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['ES256'],
      },
    ],
    [
      '/keys',
      { keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: keyId, alg: 'ES256', use: 'sig' }] },
    ],
  ])
  const signature = { key: key.privateKey, dsaEncoding: 'ieee-p1363' } as const
  return {
    url,
    issueToken({
      email,
      subject = email ?? 'developer',
      claims,
      audience = 'sigstore',
      expiresIn = 600,
    } = {}) {
      const issuedAt = Math.floor(now() / 1000)
      const body = {
        iss: url,
        sub: subject,
        aud: audience,
        iat: issuedAt,
        nbf: issuedAt,
        exp: issuedAt + expiresIn,
        ...(email !== undefined && { email, email_verified: true }),
        ...claims,
      }
      const signed = [{ alg: 'ES256', typ: 'JWT', kid: keyId }, body].map(encode).join('.')
      return `${signed}.${sign('sha256', Buffer.from(signed), signature).toString('base64url')}`
    },
    verifyToken(token, audience) {
      const [header = '', body = '', proof = '', ...rest] = token.split('.')
      const signed = Buffer.from(`${header}.${body}`)
      const verifier = { key: key.publicKey, dsaEncoding: 'ieee-p1363' } as const
      if (rest.length > 0 || !verify('sha256', signed, verifier, Buffer.from(proof, 'base64url')))
        throw new Error('not a token of this issuer')
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as TokenClaims
      if (claims['iss'] !== url) throw new Error('a token of another issuer')
      if (claims['aud'] !== audience) throw new Error('a token for another audience')
      if (Number(claims['exp']) * 1000 <= now()) throw new Error('the token has expired')
      return claims
    },
    document: (path) => documents.get(path),
  }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
