import { compareVersions, isUnparseable } from '@sallyport/scan/compare'

type Comparator = '=' | '!=' | '<' | '<=' | '>' | '>='

/** A range of versions in the notation VERS (package-url/vers-spec). Made by {@link parseVersionRange}. */
export interface VersionRange {
  /** Type of the purls whose versions it is about. */
  readonly type: string
  /** In ascending order of version; empty for `*`. */
  readonly constraints: readonly { readonly comparator: Comparator; readonly version: string }[]
}

const schemes: Readonly<Record<string, string>> = { alpine: 'apk' }
const constraintPattern = /^(!=|<=|>=|<|>|=)?([^<>=!].*)$/
const maxConstraints = 100

/**
 * Reads a range such as `vers:deb/>=1.2|<1.4`. It is refused where it could be misread: versions out of order or named
 * twice, bounds that say nothing, exceptions from nothing, a type whose versions have no order.
 *
 * @throws {TypeError} What is wrong with it, in words.
 */
export function parseVersionRange(text: string): VersionRange {
  const match = /^vers:([a-z][a-z0-9.+-]*)\/(.+)$/.exec(text)
  if (!match) throw new TypeError('expected a range such as vers:deb/>=1.2|<1.4')
  const [, scheme = '', list = ''] = match
  const type = Object.hasOwn(schemes, scheme) ? schemes[scheme]! : scheme
  if (list === '*') return { type, constraints: [] }
  const parts = list.split('|')
  if (parts.length > maxConstraints) throw new TypeError(`more than ${maxConstraints} constraints`)
  const constraints = parts.map(parseConstraint)
  for (const [index, { version }] of constraints.entries()) {
    const order = compareVersions(type, constraints[index - 1]?.version ?? version, version)
    if (isUnparseable(order)) throw new TypeError(`versions of ${scheme} have no order with "${version}"`)
    if (index > 0 && order >= 0) throw new TypeError(`"${version}" must come before what stands before it`)
  }
  checkBounds(constraints)
  return { type, constraints }
}

function parseConstraint(text: string): VersionRange['constraints'][number] {
  const [, comparator = '=', quoted = ''] = constraintPattern.exec(text.trim()) ?? []
  let version: string
  try {
    version = decodeURIComponent(quoted.trim())
  } catch {
    version = ''
  }
  if (version === '' || version === '*') throw new TypeError(`not a constraint: "${text}"`)
  return { comparator: comparator as Comparator, version }
}

/** Between two lower bounds, or two upper ones, a bound says nothing: what was meant is not what is written. */
function checkBounds(constraints: VersionRange['constraints']): void {
  const stated = constraints.filter(({ comparator }) => comparator !== '!=')
  if (stated.length === 0) throw new TypeError('only exceptions: it names no version that it covers')
  for (const [index, { comparator, version }] of stated.entries()) {
    const before = stated[index - 1]?.comparator
    if (before === undefined) continue
    const opened = before.startsWith('>')
    if (opened !== comparator.startsWith('<')) {
      throw new TypeError(`"${comparator}${version}" says nothing new after "${before}"`)
    }
  }
}

/** Whether a version lies in the range; `undefined` when it can't be compared with it. */
export function rangeContains({ type, constraints }: VersionRange, version: string): boolean | undefined {
  let contained = constraints.length === 0
  let passed: Comparator | undefined
  for (const constraint of constraints) {
    const order = compareVersions(type, version, constraint.version)
    if (isUnparseable(order)) return undefined
    const { comparator } = constraint
    if (order === 0) return comparator === '=' || comparator === '<=' || comparator === '>='
    if (comparator === '=' || comparator === '!=') continue
    // The first bound above the version decides, with the last one below it.
    if (order < 0) return comparator.startsWith('<') && (passed === undefined || passed.startsWith('>'))
    passed = comparator
  }
  contained ||= passed?.startsWith('>') === true
  return contained
}
