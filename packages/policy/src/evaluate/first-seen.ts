import type { Finding } from '@sallyport/scan'
import type { PolicyFacts } from '../facts.ts'
import { nameOfPurl } from './name-of-purl.ts'
import { parseSourceDate } from './parse-instant.ts'

type Sighting = NonNullable<PolicyFacts['firstSeen']>[number]

/**
 * Tells when a finding was first seen: by any of its ids, since the one that a source names first may change between two
 * scans, and in whichever version of its package, since a rebuild resets nothing.
 */
export function indexFirstSeen(
  firstSeen: PolicyFacts['firstSeen'],
): (finding: Finding) => string | undefined {
  if (!firstSeen) return () => undefined
  const byId = new Map<string, Sighting[]>()
  for (const sighting of firstSeen) {
    const known = byId.get(sighting.id)
    if (known) known.push(sighting)
    else byId.set(sighting.id, [sighting])
  }
  return ({ id, aliases, package: { purl } }) => {
    let earliest = findEarliest(byId.get(id), purl, undefined)
    for (const alias of aliases) earliest = findEarliest(byId.get(alias), purl, earliest)
    return earliest
  }
}

function findEarliest(
  sightings: readonly Sighting[] | undefined,
  purl: string,
  known: string | undefined,
): string | undefined {
  let earliest = known
  for (const { at, purl: seen } of sightings ?? []) {
    if (seen !== purl && nameOfPurl(seen) !== nameOfPurl(purl)) continue
    if (earliest === undefined || isEarlier(at, earliest)) earliest = at
  }
  return earliest
}

/** A date that can't be read grants no grace, so it goes first. */
function isEarlier(one: string, other: string): boolean {
  const [a, b] = [parseSourceDate(one), parseSourceDate(other)]
  if (Number.isNaN(a) || Number.isNaN(b)) return !Number.isNaN(b) || (Number.isNaN(a) && one < other)
  return a === b ? one < other : a < b
}
