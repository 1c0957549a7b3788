import type { RE2JS } from 're2js'
import type { Finding, Weakness } from '../finding.ts'

/** Something that a rule of an ignore file may be about. */
export type Ignorable =
  | { readonly kind: 'vulnerability'; readonly finding: Finding }
  | { readonly kind: Weakness['kind']; readonly weakness: Weakness }

/** A rule of a scanner's ignore file, with the meaning that it has there. */
export interface IgnoreRule {
  /** File, and line or position. */
  readonly source: string
  /** What it is about, in short. */
  readonly name: string
  /** The only id that it is about, so that it is tried on nothing else. Absent: it is tried on everything. */
  readonly id?: string | undefined
  /** Why, if the file says so. */
  readonly reason?: string | undefined
  /** ISO 8601; from then on it ignores nothing. */
  readonly expires?: string | undefined
  /** Whether the rule is about this. */
  matches(candidate: Ignorable): boolean
}

/** The id that a rule may be about. */
export function idOf(candidate: Ignorable): string {
  return candidate.kind === 'vulnerability' ? candidate.finding.id : candidate.weakness.id
}

/** What an ignore file holds. */
export interface IgnoreFile {
  /** Its rules, in their order. */
  readonly rules: readonly IgnoreRule[]
  /** What its scanner passes over in silence, or takes otherwise than it looks. */
  readonly warnings: readonly string[]
}

/** Whether a pattern, or one of several, matches a whole text. */
export type TextPattern = Pick<RE2JS, 'matches'>
