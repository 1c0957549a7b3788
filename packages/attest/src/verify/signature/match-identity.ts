import type { IdentityMatcher } from '../../trust/resolve-trust.ts'
import { Rejection } from '../rejection.ts'

/** What a certificate says about whom it was issued to. */
export interface Identity {
  readonly issuer: string
  readonly subject: string
  readonly claims: Readonly<Record<string, string>>
}

/** Whether an identity is one that a matcher means: issuer, subject and each claim. */
export function matchesIdentity({ issuer, subject, claims }: Identity, matcher: IdentityMatcher): boolean {
  return (
    matcher.issuer(issuer) &&
    matcher.subject(subject) &&
    matcher.claims.every(([name, matches]) => {
      const claim = Object.hasOwn(claims, name) ? claims[name] : undefined
      return claim !== undefined && matches(claim)
    })
  )
}

/**
 * Requires that the identity is one of those that count.
 *
 * @throws {Rejection} `identity-mismatch`
 */
export function requireIdentity(identity: Identity, identities: readonly IdentityMatcher[]): void {
  if (identities.some((matcher) => matchesIdentity(identity, matcher))) return
  const { issuer, subject } = identity
  const [who, by] = [subject, issuer].map((text) => JSON.stringify(text.slice(0, 300)))
  throw new Rejection(
    'identity-mismatch',
    `signed by ${who}, issued by ${by}, which is none of the identities that count`,
  )
}
