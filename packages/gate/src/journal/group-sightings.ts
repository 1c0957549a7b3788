import { GateError } from '../errors.ts'
import { loadPackageUrl } from '../internal/load-package-url.ts'
import type { SightedFinding } from '../ports/journal.ts'

/** A name of a finding in a package. */
export interface Sighting {
  /** purl without version, qualifiers and subpath; what is no purl, as it is. */
  readonly package: string
  readonly id: string
}

/** Findings of one package that share names, directly or through others: one vulnerability. */
export interface SightingGroup {
  readonly sightings: readonly Sighting[]
  /** Positions of its findings. */
  readonly members: readonly number[]
}

const maxNames = 1000

/**
 * Groups findings by what they are: the package, whatever its version, and the names of the vulnerability.
 *
 * @throws {GateError} `OPTIONS_INVALID` for a finding without an id, or with more than 1,000 aliases.
 */
export function groupSightings(findings: readonly SightedFinding[]): readonly SightingGroup[] {
  const lines = new Map<string, string>()
  const groupOf = new Map<string, number>()
  const parents: number[] = []
  const root = (group: number): number => {
    while (parents[group] !== group) group = parents[group] = parents[parents[group]!]!
    return group
  }

  const keys = findings.map(({ id, aliases = [], purl }, position) => {
    if (id === '' || aliases.length > maxNames)
      throw new GateError(
        'OPTIONS_INVALID',
        `finding ${JSON.stringify(id)}: one id, at most ${maxNames} aliases`,
      )
    let line = lines.get(purl)
    if (line === undefined) lines.set(purl, (line = packageLine(purl)))
    parents.push(position)
    const names = [...new Set([id, ...aliases].map((name) => name.toUpperCase()))].filter(Boolean)
    return names.map((name) => {
      const key = JSON.stringify([line, name])
      const other = groupOf.get(key)
      if (other === undefined) groupOf.set(key, position)
      else parents[root(position)] = root(other)
      return { key, sighting: { package: line, id: name } }
    })
  })

  const groups = new Map<number, { sightings: Map<string, Sighting>; members: number[] }>()
  for (const [position, names] of keys.entries()) {
    const at = root(position)
    let group = groups.get(at)
    if (!group) groups.set(at, (group = { sightings: new Map(), members: [] }))
    group.members.push(position)
    for (const { key, sighting } of names) group.sightings.set(key, sighting)
  }
  return [...groups.values()].map(({ sightings, members }) => ({
    sightings: [...sightings.values()],
    members,
  }))
}

/** A package whatever its version. What can't be parsed is a line of its own. */
function packageLine(purl: string): string {
  const { PackageURL } = loadPackageUrl()
  try {
    const { type, namespace, name } = PackageURL.fromString(purl)
    return new PackageURL(type, namespace, name, undefined, undefined, undefined).toString()
  } catch {
    return purl
  }
}
