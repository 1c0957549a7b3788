import type { Descriptor } from '@sallyport/core'
import { wireFormat } from '../storage/wire-format.ts'

/** What is looked for. */
export interface WantedTypes {
  /** Predicate types that are looked at first. Default: no order by type. */
  readonly predicateTypes?: readonly string[] | undefined
  /** Leave out what is annotated with another predicate type instead of looking at it last. Default `false`. */
  readonly skipOthers?: boolean | undefined
}

/**
 * Where a candidate stands in the queue, by the predicate type that it is annotated with. Anybody can write an
 * annotation: it decides when something is read, never what it is. `undefined`: leave it out.
 */
export type QueueClass = 'wanted' | 'likely' | 'unclear' | 'other'

/** The class of something with these annotations; `likely` is what is known to be evidence of some type. */
export function queueClass(
  annotations: Descriptor['annotations'],
  { predicateTypes, skipOthers = false }: WantedTypes,
  otherwise: 'likely' | 'unclear' = 'likely',
): QueueClass | undefined {
  const { bundlePredicateType, predicateType } = wireFormat.annotations
  const annotated = annotations?.[bundlePredicateType] ?? annotations?.[predicateType]
  if (predicateTypes === undefined || annotated === undefined) return otherwise
  if (predicateTypes.includes(annotated)) return 'wanted'
  return skipOthers ? undefined : 'other'
}

/** Blobs above wait until everything below was read: SBOMs are large, signatures and decisions are small. */
const largeBytes = 256 * 1024
const ranks = { wanted: 0, likely: 1, unclear: 2, other: 6 } as const

/** The place in the queue of something of this class and size: what is annotated otherwise comes last of all. */
export function rankOf(place: QueueClass, size: number): number {
  return ranks[place] + (size > largeBytes ? 3 : 0)
}
