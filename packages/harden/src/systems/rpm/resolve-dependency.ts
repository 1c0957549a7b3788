import type { Package } from '@sallyport/inventory'
import type { RichDependency } from './parse-rich-dependency.ts'
import type { Capability } from './parse-rpm-package.ts'

/** Packages any one of which is enough. */
type Clause = readonly Package[]
type Find = (capability: Capability) => readonly Package[]

const maxClauses = 256

/**
 * What has to stay so that a boolean dependency does which is satisfied: one package of each clause. As packages only
 * leave, what is not there now never will be; where the absence of one that is there would do as well, it is not
 * counted on, so that no order of removals can open the dependency.
 *
 * @throws {SyntaxError} when `with` or `without` joins what no single package can satisfy.
 */
export function resolveDependency(dependency: RichDependency, find: Find): readonly Clause[] {
  return clausesOf(dependency, find, true)
}

function clausesOf(dependency: RichDependency, find: Find, positive: boolean): readonly Clause[] {
  switch (dependency.type) {
    case 'not':
      return clausesOf(dependency.part, find, !positive)
    case 'and':
    case 'or': {
      const [one, other] = dependency.parts.map((part) => clausesOf(part, find, positive)) as [
        readonly Clause[],
        readonly Clause[],
      ]
      return (dependency.type === 'and') === positive ? both(one, other) : either(one, other)
    }
    case 'simple':
    case 'with':
    case 'without': {
      const packages = packagesOf(dependency, find)
      if (positive) return [packages]
      return packages.length === 0 ? [] : [[]]
    }
  }
}

function both(one: readonly Clause[], other: readonly Clause[]): readonly Clause[] {
  return [...one, ...other]
}

function either(one: readonly Clause[], other: readonly Clause[]): readonly Clause[] {
  // Too many to multiply out: all of both sides is more than either.
  if (one.length * other.length > maxClauses) return both(one, other)
  return one.flatMap((clause) => other.map((more) => [...new Set([...clause, ...more])]))
}

/** Packages that satisfy it alone. */
function packagesOf(dependency: RichDependency, find: Find): readonly Package[] {
  switch (dependency.type) {
    case 'simple':
      return find(dependency.capability)
    case 'with':
    case 'without':
    case 'or': {
      const [one, other] = dependency.parts.map((part) => packagesOf(part, find)) as [Clause, Clause]
      if (dependency.type === 'or') return [...new Set([...one, ...other])]
      const set = new Set(other)
      return one.filter((found) => set.has(found) === (dependency.type === 'with'))
    }
    default:
      throw new SyntaxError(`"${dependency.type}" below "with" or "without"`)
  }
}
