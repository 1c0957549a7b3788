import type { RE2JS } from 're2js'
import type { Finding, Weakness } from '../finding.ts'

/** Something that a rule of an ignore file may be about. */
export type Ignorable =
  | { readonly kind: 'vulnerability'; readonly finding: Finding }
  | { readonly kind: Weakness['kind']; readonly weakness: Weakness }

/** The conditions of a rule as its file states them, for whoever turns it into another form. All of them must hold. */
export interface IgnoreTerms {
  /** What it is about; anything of that id when absent. */
  readonly kind?: Ignorable['kind'] | undefined
  /** The vulnerability, or the id of what else it is about; any when absent. */
  readonly id?: string | undefined
  /** Whether aliases of a finding's id count too. */
  readonly aliases: boolean
  /** purls, one of which must name the package. */
  readonly purls?: readonly string[] | undefined
  /** Patterns, one of which the path must match. */
  readonly paths?: readonly string[] | undefined
  /** Texts and patterns as Grype has them, `type` and `language` as types of purls. */
  readonly package?:
    | {
        readonly name?: string | undefined
        readonly version?: string | undefined
        readonly type?: string | undefined
        readonly language?: string | undefined
        readonly sourceName?: string | undefined
        /** Whether a name is a pattern. */
        readonly isPattern: boolean
      }
    | undefined
  /** The state that the fix must have. */
  readonly fixState?: string | undefined
  /** Why it never applies to anything. */
  readonly never?: string | undefined
}

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
  /** Its conditions as data; the parsers here give them. */
  readonly terms?: IgnoreTerms | undefined
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
