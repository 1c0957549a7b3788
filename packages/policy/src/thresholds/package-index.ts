import type { PackageURL } from 'packageurl-js'
import { matchGlob } from '../evaluate/match-glob.ts'
import { nameOfPurl } from '../evaluate/name-of-purl.ts'
import type { JudgedFinding } from '../judged-finding.ts'
import { loadPackageUrl } from '../internal/load-libraries.ts'

/** Packages of findings, each judged once for all its findings. */
export interface PackageIndex {
  /** Which package a finding is of, by position of the finding. */
  readonly of: Int32Array
  /** Positions of the findings of those packages that are named, ascending. */
  named(patterns: readonly string[]): readonly number[]
  /** Whether a package is of one of these types of purls, by number of the package: 1 or 0. */
  ofTypes(types: readonly string[]): Uint8Array
}

interface IndexedPackage {
  readonly purl: string
  readonly name: string
  /** Type, namespace and name of its purl in canonical form; `undefined` when it has none that can be read. */
  readonly key: string | undefined
  /** Positions of its findings, ascending. */
  readonly positions: number[]
}

/** Letters that stand for themselves in canonical purls of every type. */
const canonical = /^pkg:[a-z][a-z0-9.+-]*\/(?:[a-z0-9._-]+\/)*[a-z0-9.-][a-z0-9.-]*$/

/** Numbers the packages of findings. */
export function indexPackages(findings: readonly JudgedFinding[]): PackageIndex {
  const numbers = new Map<string, number>()
  const packages: IndexedPackage[] = []
  const byKey = new Map<string, number[]>()
  const of = new Int32Array(findings.length)
  for (let position = 0; position < findings.length; position++) {
    const { purl, package: name } = findings[position]!
    let number = numbers.get(purl)
    if (number === undefined) {
      number = packages.length
      numbers.set(purl, number)
      const key = keyOf(purl)
      packages.push({ purl, name, key, positions: [] })
      const same = byKey.get(key ?? '')
      if (same) same.push(number)
      else byKey.set(key ?? '', [number])
    }
    of[position] = number
    packages[number]!.positions.push(position)
  }
  const known = new Map<string, readonly number[]>()
  const byTypes = new Map<string, Uint8Array>()
  const find = (pattern: string): readonly number[] => {
    const found = known.get(pattern) ?? findPackages(pattern, packages, byKey)
    known.set(pattern, found)
    return found
  }
  return {
    of,
    named(patterns) {
      const numbers = new Set(patterns.flatMap(find))
      const positions = [...numbers].flatMap((number) => packages[number]!.positions)
      return numbers.size > 1 ? positions.sort((one, other) => one - other) : positions
    },
    ofTypes(types) {
      const list = types.join()
      const known = byTypes.get(list) ?? findTypes(types, packages)
      byTypes.set(list, known)
      return known
    },
  }
}

function findTypes(types: readonly string[], packages: readonly IndexedPackage[]): Uint8Array {
  return Uint8Array.from(packages, ({ key }) =>
    // what has no readable purl may be of any type
    key === undefined || types.includes(key.slice('pkg:'.length, key.indexOf('/'))) ? 1 : 0,
  )
}

function findPackages(
  pattern: string,
  packages: readonly IndexedPackage[],
  byKey: ReadonlyMap<string, readonly number[]>,
): readonly number[] {
  if (!pattern.startsWith('pkg:')) {
    const [start = ''] = pattern.split('*', 1)
    const found: number[] = []
    for (const [number, { name }] of packages.entries()) {
      if (name.startsWith(start) && matchGlob(pattern, name)) found.push(number)
    }
    return found
  }
  const wanted = loadPackageUrl().PackageURL.fromString(pattern)
  const same = byKey.get(toKey(wanted)) ?? []
  const named = same.filter((number) => agrees(wanted, packages[number]!.purl))
  // a package whose purl can't be read is not known to be another one: its name decides
  const unreadable = (byKey.get('') ?? []).filter((number) => packages[number]!.name === wanted.name)
  return [...named, ...unreadable]
}

/** Whether a package of the same name has the version and the qualifiers that are asked for. */
function agrees(wanted: PackageURL, purl: string): boolean {
  const { version, qualifiers } = wanted
  if (!version && !qualifiers) return true
  const found = loadPackageUrl().PackageURL.fromString(purl)
  if (version && version !== found.version) return false
  return Object.entries(qualifiers ?? {}).every(([key, value]) => found.qualifiers?.[key] === value)
}

function keyOf(purl: string): string | undefined {
  const text = nameOfPurl(purl)
  if (canonical.test(text)) return text
  const { PackageURL: parser } = loadPackageUrl()
  try {
    return toKey(parser.fromString(purl))
  } catch {
    return undefined
  }
}

function toKey({ type, namespace, name }: PackageURL): string {
  return `pkg:${[type, ...(namespace?.split('/') ?? []), name].map((part) => encodeURIComponent(part)).join('/')}`
}
