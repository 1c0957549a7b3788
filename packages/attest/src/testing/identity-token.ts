const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Identity tokens of tests are made for this time. */
export const tokenTime = new Date('2026-01-02T03:04:05Z')

/** A JSON Web Token whose signature nobody checks. */
export function createIdentityToken(claims: Readonly<Record<string, unknown>> = {}): string {
  const payload = {
    iss: 'https://issuer.example',
    aud: 'sigstore',
    sub: 'repo:team/app:ref:refs/heads/main',
    exp: tokenTime.getTime() / 1000 + 600,
    ...claims,
  }
  const signature = Buffer.from('the signature that makes this token a secret').toString('base64url')
  return `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(payload)}.${signature}`
}
