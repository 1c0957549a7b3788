import type { Finding } from '@sallyport/scan'
import type { PolicyFacts } from '../facts.ts'
import { nameOfPurl } from './name-of-purl.ts'
import { parseSourceDate } from '../parse-instant.ts'

type Sighting = NonNullable<PolicyFacts['firstSeen']>[number]

/**
 * Tells when a finding was first seen: by any of its ids, since the one that a source names first may change between two
 * scans, and in whichever version of its package, since a rebuild resets nothing.
 */
export function indexFirstSeen(
  firstSeen: PolicyFacts['firstSeen'],
): (finding: Finding) => string | undefined {
  if (!firstSeen) return () => undefined
  // most ids have one sighting: only those that have more need a list
  const first = new Map<string, Sighting>()
  const others = new Map<string, Sighting[]>()
  for (const sighting of firstSeen) {
    const { id } = sighting
    if (first.get(id) === undefined) first.set(id, sighting)
    else if (others.get(id)?.push(sighting) === undefined) others.set(id, [sighting])
  }
  const findEarliest = (id: string, purl: string, known: string | undefined): string | undefined => {
    const sighting = first.get(id)
    if (sighting === undefined) return known
    return (others.get(id) ?? []).reduce(
      (earliest, one) => earlier(one, purl, earliest),
      earlier(sighting, purl, known),
    )
  }
  return ({ id, aliases, package: { purl } }) => {
    let earliest = findEarliest(id, purl, undefined)
    for (const alias of aliases) earliest = findEarliest(alias, purl, earliest)
    return earliest
  }
}

function earlier({ at, purl: seen }: Sighting, purl: string, known: string | undefined): string | undefined {
  if (seen !== purl && nameOfPurl(seen) !== nameOfPurl(purl)) return known
  return known === undefined || isEarlier(at, known) ? at : known
}

/** A date that can't be read grants no grace, so it goes first. */
function isEarlier(one: string, other: string): boolean {
  const [a, b] = [parseSourceDate(one), parseSourceDate(other)]
  if (Number.isNaN(a) || Number.isNaN(b)) return !Number.isNaN(b) || (Number.isNaN(a) && one < other)
  return a === b ? one < other : a < b
}
