import { generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'

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
  document(path: string): object | undefined
}

/** Creates an issuer that signs with RS256, the one algorithm by which cosign knows a token on its command line. */
export function createOidcIssuer({
  url,
  now,
}: {
  readonly url: string
  readonly now: () => number
}): OidcIssuer {
  // Such a key takes a while to make, and most tests ask for no token.
  let generated: { readonly privateKey: KeyObject; readonly publicKey: KeyObject } | undefined
  const keys = () => (generated ??= generateKeyPairSync('rsa', { modulusLength: 2048 }))
  const kid = 'test-key'
  const discovery = {
    issuer: url,
    jwks_uri: `${url}/keys`,
    authorization_endpoint: `${url}/auth`,
    token_endpoint: `${url}/token`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256'],
  }
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
      const signed = [{ alg: 'RS256', typ: 'JWT', kid }, body].map(encode).join('.')
      return `${signed}.${sign('sha256', Buffer.from(signed), keys().privateKey).toString('base64url')}`
    },
    verifyToken(token, audience) {
      const [header = '', body = '', proof = '', ...rest] = token.split('.')
      const signed = Buffer.from(`${header}.${body}`)
      const valid = verify('sha256', signed, keys().publicKey, Buffer.from(proof, 'base64url'))
      if (rest.length > 0 || !valid) throw new Error('not a token of this issuer')
      const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as TokenClaims
      if (claims['iss'] !== url) throw new Error('a token of another issuer')
      if (claims['aud'] !== audience) throw new Error('a token for another audience')
      if (Number(claims['exp']) * 1000 <= now()) throw new Error('the token has expired')
      return claims
    },
    document(path) {
      if (path === '/.well-known/openid-configuration') return discovery
      if (path !== '/keys') return undefined
      return { keys: [{ ...keys().publicKey.export({ format: 'jwk' }), kid, alg: 'RS256', use: 'sig' }] }
    },
  }
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
