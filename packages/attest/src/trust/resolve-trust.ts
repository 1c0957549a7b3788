import { AttestError } from '../errors.ts'
import type { SignatureAlgorithm } from '../signing/signature-algorithm.ts'
import { parsePublicKey, type PublicKey } from '../signing/parse-public-key.ts'
import { type TextMatcher, textMatcher } from './text-matcher.ts'
import type { TrustedRoot } from './trusted-root.ts'
import type { CertificateIdentity, Validity, VerificationTrust } from './verification-trust.ts'

/** {@link VerificationTrust}, parsed and checked. */
export interface ResolvedTrust {
  readonly keys: readonly ResolvedKey[]
  readonly root?: TrustedRoot | undefined
  /** `undefined`: every identity counts. */
  readonly identities?: readonly IdentityMatcher[] | undefined
  readonly thresholds: {
    readonly log?: number | undefined
    readonly time?: number | undefined
    readonly ctLog?: number | undefined
  }
  readonly now: () => Date
}

/** A public key whose signatures count. */
export interface ResolvedKey extends PublicKey {
  readonly algorithm?: SignatureAlgorithm | undefined
  readonly validFor?: Validity | undefined
  readonly hint?: string | undefined
}

/** Judges the identity of a certificate. */
export interface IdentityMatcher {
  readonly issuer: TextMatcher
  readonly subject: TextMatcher
  readonly claims: readonly (readonly [string, TextMatcher])[]
}

/**
 * Parses keys and identities once, for many verifications.
 *
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED` when a key can't be used.
 * @throws {AttestError} `TRUST_INVALID` when a pattern, threshold or validity makes no sense.
 */
export function resolveTrust(
  { keys = [], root, identities, thresholds = {} }: VerificationTrust,
  { now = () => new Date() }: { readonly now?: (() => Date) | undefined } = {},
): ResolvedTrust {
  const { log, time, ctLog, ...unknown } = thresholds
  for (const name of Object.keys(unknown))
    throw new AttestError('TRUST_INVALID', `there is no threshold ${JSON.stringify(name)}`)
  for (const count of [log, time, ctLog]) {
    if (count !== undefined && !(Number.isSafeInteger(count) && count >= 0))
      throw new AttestError('TRUST_INVALID', `a threshold must be a whole number from 0, got ${count}`)
  }
  return {
    keys: keys.map((key) => {
      if (typeof key === 'string') return parsePublicKey(key)
      const { pem, algorithm, validFor, hint } = key
      for (const bound of [validFor?.start, validFor?.end]) {
        if (bound !== undefined && Number.isNaN(bound.getTime()))
          throw new AttestError('TRUST_INVALID', 'the validity of a key is no time')
      }
      return { ...parsePublicKey(pem), algorithm, validFor, hint }
    }),
    root,
    identities: identities?.map(toMatcher),
    thresholds: { log, time, ctLog },
    now,
  }
}

function toMatcher({ issuer, subject, claims = {} }: CertificateIdentity): IdentityMatcher {
  return {
    issuer: textMatcher(issuer),
    subject: textMatcher(subject),
    claims: Object.entries(claims).map(([name, expected]) => [name, textMatcher(expected)] as const),
  }
}
