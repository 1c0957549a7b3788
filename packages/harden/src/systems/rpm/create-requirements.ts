import type { Package } from '@sallyport/inventory'
import type { Requirement } from '../package-system.ts'
import { overlaps, sense } from './overlaps.ts'
import { parseRichDependency } from './parse-rich-dependency.ts'
import type { Capability, RpmPackage } from './parse-rpm-package.ts'
import { resolveDependency } from './resolve-dependency.ts'

/** `RPMSENSE_MISSINGOK` and `RPMSENSE_RPMLIB`: a hint, and a feature of rpm itself. */
const missingOk = 1 << 19
const rpmlib = 1 << 24

/**
 * Finds what packages need, by what others provide and by the files that they hold (rpm, `lib/depends.c`). What only
 * scripts of a package need counts as well.
 *
 * @throws {SyntaxError} when a boolean dependency can't be read.
 */
export function createRequirements(
  packages: ReadonlyMap<Package, RpmPackage>,
  canonicalize: (path: string) => string,
): (found: Package) => readonly Requirement[] {
  const provided = new Map<string, { readonly found: Package; readonly capability: Capability }[]>()
  const holders = new Map<string, Package[]>()
  const fileNeeds = new Set<string>()
  for (const [found, { name, evr, provides, requires }] of packages) {
    const own: Capability = { name, flags: sense.equal, version: evr }
    for (const capability of [own, ...provides]) append(provided, capability.name, { found, capability })
    for (const { name: needed } of requires) {
      // Names of files may stand inside of boolean dependencies too.
      for (const word of needed.split(/[() \t]+/)) if (word.startsWith('/')) fileNeeds.add(canonicalize(word))
    }
  }
  for (const [found, { files }] of packages) {
    for (const { path, state } of files) {
      // Replaced files and those left out satisfy nothing (`RPMFILE_IS_INSTALLED`).
      if (state !== 0 && state !== 3) continue
      const canonical = canonicalize(path)
      if (fileNeeds.has(canonical)) append(holders, canonical, found)
    }
  }
  const find = (needed: Capability): readonly Package[] => {
    const exact: Package[] = []
    const others: Package[] = []
    if (needed.name.startsWith('/')) exact.push(...(holders.get(canonicalize(needed.name)) ?? []))
    for (const { found, capability } of provided.get(needed.name) ?? []) {
      if (overlaps(capability, needed)) (found.name === needed.name ? exact : others).push(found)
    }
    return [...new Set([...exact, ...others])]
  }

  const known = new Map<Package, readonly Requirement[]>()
  for (const [found, { requires }] of packages) known.set(found, resolveAll(found, requires, find))
  return (found) => known.get(found) ?? []
}

function resolveAll(
  found: Package,
  requires: readonly Capability[],
  find: (needed: Capability) => readonly Package[],
): readonly Requirement[] {
  const requirements = new Map<string, Requirement>()
  for (const needed of requires) {
    if ((needed.flags & (missingOk | rpmlib)) !== 0 || needed.name.startsWith('rpmlib(')) continue
    const text = formatCapability(needed)
    const clauses = needed.name.startsWith('(')
      ? resolveDependency(parseRichDependency(needed.name), find)
      : [find(needed)]
    for (const satisfiedBy of clauses) {
      // Most packages need something of their own, such as config(name).
      if (satisfiedBy.includes(found)) continue
      const key = [text, ...satisfiedBy.map(({ purl }) => purl)].join('\n')
      if (!requirements.has(key)) requirements.set(key, { text, satisfiedBy })
    }
  }
  return [...requirements.values()]
}

function formatCapability({ name, flags, version }: Capability): string {
  const less = (flags & sense.less) !== 0 ? '<' : ''
  const greater = (flags & sense.greater) !== 0 ? '>' : ''
  const operator = `${less}${greater}${(flags & sense.equal) !== 0 ? '=' : ''}`
  return operator === '' || version === '' ? name : `${name} ${operator} ${version}`
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}
