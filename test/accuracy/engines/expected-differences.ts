import { readFileSync } from 'node:fs'
import type { Finding, ScanStatus } from '@sallyport/scan'
import { type Difference, type EngineName, engineNames, labelOf } from './compare-engines.ts'

/** A difference that is known, and why it is there. */
export interface ExpectedDifference {
  readonly kind: Difference['kind']
  readonly said: string
  /** How many of them there are, by image. */
  readonly counts: Readonly<Record<string, number>>
  /** Exactly these findings, where they are few. */
  readonly findings?: readonly string[] | undefined
  /** All of them are of this package. */
  readonly package?: string | undefined
  readonly why: string
  /** Who is right: of `missing`, those that report it or those that do not; `both` where both can be defended. */
  readonly right: 'reporting' | 'silent' | 'both' | EngineName
}

interface ExpectedFile {
  /** Engines that do not call an image `complete`, with the codes of their gaps. */
  readonly coverage: Readonly<
    Record<
      string,
      Readonly<Partial<Record<EngineName, { readonly status: ScanStatus; readonly gaps: readonly string[] }>>>
    >
  >
  readonly differences: readonly ExpectedDifference[]
}

/** What `expected-differences.json` says. */
export function readExpected(): ExpectedFile {
  const path = new URL('expected-differences.json', import.meta.url)
  return JSON.parse(readFileSync(path, 'utf8')) as ExpectedFile
}

/** Differences by the entry that expects them, or by what they are. */
export type Summary = Readonly<Record<string, readonly string[] | number>>

/**
 * Sorts the differences of an image by the entries that expect them: all findings of an entry that lists its own, else how
 * many. What no entry expects stands under its own words, so that it equals nothing in {@link expectedOf}.
 */
export function summarise(image: string, differences: readonly Difference[], file: ExpectedFile): Summary {
  const found = new Map<string, string[]>()
  for (const difference of differences) {
    const key = keyOf(file.differences.find((entry) => expects(entry, image, difference)) ?? difference)
    found.set(key, [...(found.get(key) ?? []), difference.finding])
  }
  const listed = new Set(file.differences.filter(({ findings }) => findings !== undefined).map(keyOf))
  return Object.fromEntries(
    [...found].map(([key, findings]) => [key, listed.has(key) ? findings.sort() : findings.length]),
  )
}

/** What is expected of one image, in the form of {@link summarise}. */
export function expectedOf(image: string, { differences }: ExpectedFile): Summary {
  return Object.fromEntries(
    differences.flatMap((entry) => {
      const count = entry.counts[image]
      return count === undefined ? [] : [[keyOf(entry), entry.findings?.toSorted() ?? count]]
    }),
  )
}

/** Whether the file says that a finding of a single engine is right. */
export function isRightAlone(image: string, { differences }: ExpectedFile): (finding: Finding) => boolean {
  return (finding) => {
    const said = engineNames.filter((name) => !finding.scanners.includes(name)).join(' ')
    const difference: Difference = { kind: 'missing', said, finding: labelOf(finding) }
    return differences.some((entry) => entry.right === 'reporting' && expects(entry, image, difference))
  }
}

function expects(entry: ExpectedDifference, image: string, { kind, said, finding }: Difference): boolean {
  return (
    entry.kind === kind &&
    entry.said === said &&
    entry.counts[image] !== undefined &&
    (entry.package === undefined || finding.startsWith(`${entry.package}@`)) &&
    (entry.findings === undefined || entry.findings.includes(finding))
  )
}

function keyOf(
  entry: Pick<ExpectedDifference, 'kind' | 'said'> & { readonly why?: string | undefined },
): string {
  return `${entry.kind}: ${entry.said}${entry.why === undefined ? '' : `: ${entry.why}`}`
}
