import { matchGlob } from '../evaluate/match-glob.ts'
import type { Loosening } from '../rules/rule-kind.ts'

type Path = readonly (string | number)[]
type Entries = readonly string[] | undefined

/** An upper limit that was raised or dropped. */
export function raised(
  path: Path,
  parent: number | undefined,
  child: number | undefined,
): readonly Loosening[] {
  return parent !== undefined && (child === undefined || child > parent)
    ? [{ path, was: String(parent) }]
    : []
}

/** A lower limit that was lowered or dropped. */
export function lowered(
  path: Path,
  parent: number | undefined,
  child: number | undefined,
): readonly Loosening[] {
  return parent !== undefined && (child === undefined || child < parent)
    ? [{ path, was: String(parent) }]
    : []
}

/**
 * A list of what is allowed that allows more than before. An entry is no more than what it was when the parent has it, or
 * when it is a literal that a glob of the parent matches. An absent list allows everything.
 */
export function allowsMore(path: Path, parent: Entries, child: Entries): readonly Loosening[] {
  if (parent === undefined) return []
  const covered = (entry: string) =>
    parent.includes(entry) || (!entry.includes('*') && parent.some((pattern) => matchGlob(pattern, entry)))
  return child?.every(covered) ? [] : [{ path, was: list(parent) }]
}

/** A list of what is forbidden or demanded that lacks an entry of before. */
export function asksLess(path: Path, parent: Entries, child: Entries): readonly Loosening[] {
  return parent?.some((entry) => !child?.includes(entry)) ? [{ path, was: list(parent) }] : []
}

/** A word that stands for a demand, and is gone or another. */
export function dropped(
  path: Path,
  parent: string | undefined,
  child: string | undefined,
): readonly Loosening[] {
  return parent !== undefined && child !== parent ? [{ path, was: parent }] : []
}

const list = (entries: readonly string[]) => (entries.length === 0 ? 'none' : entries.join(', '))
