import type { SmokeResult } from './smoke-test.ts'

/** Options of {@link compareSmoke}. */
export interface CompareSmokeOptions {
  /** Which outputs must be the same. Default `['stdout']`: what programs say on stderr often has more that varies. */
  readonly streams?: readonly ('stdout' | 'stderr')[] | undefined
  /** Takes out what differs from run to run. Default {@link normalizeOutput}. */
  readonly normalize?: ((text: string) => string) | undefined
}

/** How two runs differ. */
export interface SmokeComparison {
  /** Whether the second run is as good as the first, which passed. */
  readonly same: boolean
  /** One line each, e.g. `stdout: line 3 was "PONG", now "…"`. */
  readonly differences: readonly string[]
}

const maxDifferences = 10

/** Compares a run of the image before a change with one after it. A first run that did not pass proves nothing. */
export function compareSmoke(
  before: SmokeResult,
  after: SmokeResult,
  { streams = ['stdout'], normalize = normalizeOutput }: CompareSmokeOptions = {},
): SmokeComparison {
  const differences: string[] = []
  if (before.status !== 'passed')
    differences.push(`the image did not pass before the change: ${describeEnd(before)}`)
  if (after.status !== before.status || after.exitCode !== before.exitCode)
    differences.push(`ended with ${describeEnd(before)} before, ${describeEnd(after)} now`)
  const texts: [name: string, before: string, after: string][] = [
    ...streams.map((name): [string, string, string] => [name, before[name], after[name]]),
    ...before.answers.map(({ request, status, body }, index): [string, string, string] => {
      const now = after.answers[index]
      return [request, `${status}\n${body}`, now ? `${now.status}\n${now.body}` : '']
    }),
  ]
  for (const [name, one, other] of texts) {
    const difference = firstDifference(normalize(one), normalize(other))
    if (difference !== undefined && differences.length < maxDifferences)
      differences.push(`${name}: ${difference}`)
  }
  return { same: differences.length === 0, differences }
}

function describeEnd({ status, exitCode }: SmokeResult): string {
  return exitCode === undefined ? status : `${status} (${exitCode})`
}

function firstDifference(one: string, other: string): string | undefined {
  if (one === other) return undefined
  const before = one.split('\n')
  const after = other.split('\n')
  const line = before.findIndex((text, index) => text !== after[index])
  const at = line < 0 ? before.length : line
  const quote = (text: string | undefined) =>
    text === undefined ? 'missing' : JSON.stringify(text.slice(0, 200))
  return `line ${at + 1} was ${quote(before[at])}, now ${quote(after[at])}`
}

const varying: readonly (readonly [RegExp, string])[] = [
  [/\b\d{4}[-/]\d\d[-/]\d\d(?:[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)?/g, '<time>'],
  [
    /\b(?:(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun),? )?(?:\d{1,2} )?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}(?:\d{1,2} )?(?:\d{4} )?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: (?:GMT|UTC))?(?: \d{4})?/g,
    '<time>',
  ],
  [/\b\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\b/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b0x[0-9a-f]{4,16}\b/gi, '<address>'],
  [/\b\d+(?:\.\d+)? ?(?:ns|µs|us|ms|s|sec|seconds)\b/g, '<duration>'],
  [/\b(pid|process)([ :=#]{1,3})\d+\b/gi, '$1$2<pid>'],
]

/** Takes times, durations, addresses, process numbers, UUIDs and space at the end of lines out of a text. */
export const normalizeOutput = (text: string): string =>
  varying
    .reduce((left, [pattern, name]) => left.replaceAll(pattern, name), text)
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .trimEnd()
