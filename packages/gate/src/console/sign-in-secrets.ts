import type { Clock } from '@sallyport/core'
import { GateError } from '../errors.ts'
import type { ReviewerToken } from './console-options.ts'
import { isSameSecret, randomSecret } from './sessions.ts'

/** Knows reviewers by what they type at the sign-in form. */
export interface SignInSecrets {
  /** The reviewer of a token, or of a code, which is used up by that. */
  check(secret: string): string | undefined
  /** A code that lets a reviewer in once, for a time. */
  issueCode(reviewer: string, lifetimeMs: number): string
}

const maxCodes = 100
const minTokenLength = 20

/** Whether a name can stand in approvals and on pages. */
export function isReviewerName(name: string): boolean {
  return (
    name.trim() === name && name.length > 0 && name.length <= 200 && !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)
  )
}

/** @throws {GateError} `OPTIONS_INVALID` for a token that is short or used twice, or a name that is none. */
export function createSignInSecrets(tokens: readonly ReviewerToken[], clock: Clock): SignInSecrets {
  const codes = new Map<string, { readonly reviewer: string; readonly expiresAt: number }>()
  for (const { reviewer, token } of tokens) {
    requireReviewer(reviewer)
    if (token.length < minTokenLength)
      throw new GateError(
        'OPTIONS_INVALID',
        `the token of ${reviewer} is shorter than ${minTokenLength} characters`,
      )
  }
  if (new Set(tokens.map(({ token }) => token)).size < tokens.length)
    throw new GateError('OPTIONS_INVALID', 'two reviewers have the same token: give each one of his own')
  return {
    check(secret) {
      // All are compared, whichever fits.
      const [known] = tokens.filter(({ token }) => isSameSecret(token, secret))
      if (known) return known.reviewer
      const [code] = [...codes.keys()].filter((each) => isSameSecret(each, secret))
      if (code === undefined) return undefined
      const { reviewer, expiresAt } = codes.get(code)!
      codes.delete(code)
      return expiresAt > clock.now().getTime() ? reviewer : undefined
    },
    issueCode(reviewer, lifetimeMs) {
      requireReviewer(reviewer)
      const [oldest] = codes.keys()
      if (codes.size >= maxCodes) codes.delete(oldest!)
      const code = randomSecret()
      codes.set(code, { reviewer, expiresAt: clock.now().getTime() + lifetimeMs })
      return code
    },
  }
}

function requireReviewer(name: string): void {
  if (!isReviewerName(name))
    throw new GateError('OPTIONS_INVALID', `no name of a reviewer: ${JSON.stringify(name.slice(0, 80))}`)
}
