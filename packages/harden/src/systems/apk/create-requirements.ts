import type { Package } from '@sallyport/inventory'
import type { Requirement } from '../package-system.ts'
import type { ApkStanza } from './parse-database.ts'
import { type ApkDependency, parseDependency, satisfies, words } from './parse-dependency.ts'

interface Provider {
  readonly found: Package
  readonly version: string | undefined
  readonly checksum: string | undefined
  /** Own names come before provided ones, then higher priorities (`k`). */
  readonly rank: number
}

/** What satisfies a dependency: packages of the image, the one that apk would rather keep first. */
export type FindProviders = (dependency: ApkDependency) => readonly Package[]

/** Indexes packages by their names, what they provide (`p`), and for paths by their files. */
export function createProviders(stanzas: ReadonlyMap<Package, ApkStanza>): FindProviders {
  const byName = new Map<string, Provider[]>()
  const byPath = new Map<string, Package[]>()
  for (const [found, { fields, files }] of stanzas) {
    const checksum = fields.get('C')
    const add = (name: string, version: string | undefined, rank: number) => {
      const provider = { found, version, checksum, rank }
      const list = byName.get(name)
      if (list) list.push(provider)
      else byName.set(name, [provider])
    }
    add(found.name, found.version, Number.POSITIVE_INFINITY)
    for (const word of words(fields.get('p'))) {
      const { name, version } = parseDependency(word)
      add(name, version, Number.parseInt(fields.get('k') ?? '0', 10) || 0)
    }
    for (const { path } of files) byPath.set(path, [...(byPath.get(path) ?? []), found])
  }
  for (const list of byName.values()) list.sort((one, other) => compareRanks(other.rank, one.rank))
  return (dependency) => {
    const fitting = (byName.get(dependency.name) ?? [])
      .filter(({ version, checksum }) => satisfies(dependency, version, checksum))
      .map(({ found }) => found)
    return [...new Set(fitting.length > 0 ? fitting : (byPath.get(dependency.name) ?? []))]
  }
}

const compareRanks = (one: number, other: number) => (one === other ? 0 : one < other ? -1 : 1)

/** What each package depends on (`D`): all of it. What must not be there needs nothing: removal can't bring it. */
export function createRequirements(
  stanzas: ReadonlyMap<Package, ApkStanza>,
  find: FindProviders,
): (found: Package) => readonly Requirement[] {
  return (found) =>
    words(stanzas.get(found)?.fields.get('D')).flatMap((text) => {
      const dependency = parseDependency(text)
      return dependency.isConflict ? [] : [{ text, satisfiedBy: find(dependency) }]
    })
}
