/** What Debian's security team writes of a package behind a vulnerability. */
export type TrackerKind =
  | 'fixed'
  | 'unfixed'
  | 'removed'
  | 'not-affected'
  | 'undetermined'
  | 'no-dsa'
  | 'ignored'
  | 'postponed'
  | 'end-of-life'

const kinds: ReadonlySet<string> = new Set<TrackerKind>([
  'fixed',
  'unfixed',
  'removed',
  'not-affected',
  'undetermined',
  'no-dsa',
  'ignored',
  'postponed',
  'end-of-life',
])

/** Whether a word is one of the tracker's statements; others (`itp`, `nfu` …) say nothing about a package of a release. */
export function isTrackerKind(word: string): word is TrackerKind {
  return kinds.has(word)
}

/** One line of the tracker about one package. */
export interface TrackerNote {
  /** `CVE-…` or `TEMP-…`. */
  readonly id: string
  /** Source package. */
  readonly package: string
  /** Code name; absent in the line of unstable, which counts for every release without a line of its own. */
  readonly release?: string | undefined
  /** What the note says of the package in the release. */
  readonly kind: TrackerKind
  /** Where `kind` is `fixed`. */
  readonly version?: string | undefined
  /** `unimportant`, `low`, `medium`, `high`. */
  readonly urgency?: string | undefined
}
