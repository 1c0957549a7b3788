import type { IdentityMatcher } from '../../trust/resolve-trust.ts'
import { Rejection } from '../rejection.ts'

/** What a certificate says about whom it was issued to. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
  readonly claims: Readonly<Record<string, string>>
}

/**
 * Requires that the identity is one of those that count.
 *
 * @throws {Rejection} `identity-mismatch`
 */
export function requireIdentity(
  { issuer, subject, claims }: Identity,
  identities: readonly IdentityMatcher[],
): void {
  const matches = identities.some(
    (identity) =>
      identity.issuer(issuer) &&
      identity.subject(subject) &&
      identity.claims.every(([name, matcher]) => {
        const claim = Object.hasOwn(claims, name) ? claims[name] : undefined
        return claim !== undefined && matcher(claim)
      }),
  )
  if (matches) return
  const [who, by] = [subject, issuer].map((text) => JSON.stringify(text.slice(0, 300)))
  throw new Rejection(
    'identity-mismatch',
    `signed by ${who}, issued by ${by}, which is none of the identities that count`,
  )
}
