import { AttestError } from '../errors.ts'
import { loadPatterns } from '../internal/load-libraries.ts'
import type { TextPattern } from './verification-trust.ts'

/** Judges a text. */
export type TextMatcher = (text: string) => boolean

const maxPatternLength = 4096

/**
 * A matcher of exactly this text, or of a pattern that the whole text must match.
 *
 * @throws {AttestError} `TRUST_INVALID` when it is neither, or the pattern no regular expression of RE2.
 */
export function textMatcher(expected: string | TextPattern): TextMatcher {
  if (typeof expected === 'string') return (text) => text === expected
  const pattern: unknown = (expected as Partial<TextPattern> | undefined)?.pattern
  if (typeof pattern !== 'string') throw new AttestError('TRUST_INVALID', 'expected a text or a pattern')
  if (pattern.length > maxPatternLength)
    throw new AttestError('TRUST_INVALID', `a pattern is longer than ${maxPatternLength} characters`)
  const { RE2JS } = loadPatterns()
  try {
    const compiled = RE2JS.compile(pattern)
    return (text) => compiled.matches(text)
  } catch (cause) {
    throw new AttestError(
      'TRUST_INVALID',
      `not a regular expression of RE2: ${JSON.stringify(pattern.slice(0, 200))}`,
      {
        cause,
      },
    )
  }
}
