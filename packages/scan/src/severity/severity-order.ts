import type { Severity } from '../finding.ts'

/** All severities, worst last. */
export const severities: readonly Severity[] = ['unknown', 'negligible', 'low', 'medium', 'high', 'critical']

/** Orders severities, worst last. */
export function compareSeverities(a: Severity, b: Severity): number {
  return severities.indexOf(a) - severities.indexOf(b)
}

const words: Readonly<Record<string, Severity>> = {
  none: 'negligible',
  unimportant: 'negligible',
  negligible: 'negligible',
  low: 'low',
  minor: 'low',
  moderate: 'medium',
  medium: 'medium',
  important: 'high',
  high: 'high',
  critical: 'critical',
}

/** A vendor's word as a level; `undefined` for words that say nothing, such as Debian's `not yet assigned`. */
export function severityOfWord(word: string): Severity | undefined {
  // Debian marks urgencies that its tracker derived with one or two asterisks
  const key = word.trim().toLowerCase().replace(/\*+$/, '')
  return Object.hasOwn(words, key) ? words[key] : undefined
}
