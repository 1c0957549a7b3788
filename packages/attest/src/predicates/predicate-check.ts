/** What a verified predicate fails to say. */
export interface PredicateProblem<Code extends string> {
  /** For machines. */
  readonly code: Code
  /** For people. */
  readonly message: string
}

/** Result of holding a verified predicate against expectations. */
export interface PredicateCheck<Code extends string> {
  /** Whether there are no problems. */
  readonly ok: boolean
  /** All of them, not only the first. */
  readonly problems: readonly PredicateProblem<Code>[]
}

/** Quotes what a predicate says, for a message: printable, and not long. */
export function quote(value: string): string {
  return JSON.stringify(value.slice(0, 200)).replaceAll(/[^ -~]/g, '?')
}
