import { loadSpdx } from '../internal/load-libraries.ts'

const maxLength = 300

/**
 * The first line of a `License` field of a machine-readable copyright file, as SPDX expressions that hold together:
 * short names with `or` and `and`, of which `and` binds closer unless a comma stands before it, and exceptions. A name
 * that is on no list of SPDX becomes a `LicenseRef-debian-…`: the package's own file says what it means. `undefined` when
 * the line has another form.
 */
export function synopsisLicenses(text: string): readonly string[] | undefined {
  if (text.length > maxLength) return undefined
  const [first, ...others] = text.trim().split(/,\s+(?=(?:and|or)\s)/i)
  const operators = new Set(others.map((group) => group.split(/\s/, 1)[0]!.toLowerCase()))
  const groups = [first!, ...others.map((group) => group.replace(/^\S+\s+/, ''))].map(anyOf)
  // Which of both binds closer then is not said.
  if (groups.includes(undefined) || operators.size > 1) return undefined
  const known = groups as (readonly string[])[]
  return operators.has('or') ? [known.map((group) => joinAll(group)).join(' OR ')] : known.flat()
}

/** Joins expressions that hold together. */
export function joinAll(expressions: readonly string[]): string {
  if (expressions.length === 1) return expressions[0]!
  return expressions.map((one) => (one.includes(' OR ') ? `(${one})` : one)).join(' AND ')
}

function anyOf(text: string): readonly string[] | undefined {
  const alternatives = text.split(/\s+or\s+/i).map(allOf)
  if (alternatives.includes(undefined)) return undefined
  const known = alternatives as (readonly string[])[]
  return known.length === 1 ? known[0] : [[...new Set(known.map(joinAll))].join(' OR ')]
}

function allOf(text: string): readonly string[] | undefined {
  const terms = text.split(/\s+and\s+/i).map(toTerm)
  return terms.includes(undefined) ? undefined : [...new Set(terms as string[])]
}

const term = /^([A-Za-z0-9][A-Za-z0-9.+_~/-]*)(?: +with +([A-Za-z0-9.+_ -]+?)[ -]exceptions?)?$/i

function toTerm(text: string): string | undefined {
  const [match, name, exception] = term.exec(text.trim()) ?? []
  if (match === undefined) return undefined
  if (exception === undefined) return toSpdxId(name!) ?? toReference(name!)
  const id = toSpdxId(name!)
  const knownException = exceptions.get(exception.toLowerCase())
  return id !== undefined && knownException !== undefined && !id.includes(' ')
    ? `${id} WITH ${knownException}`
    : toReference(match)
}

/** Exceptions of which one text is known; the names of most others stand for several. */
const exceptions: ReadonlyMap<string, string> = new Map([
  ['classpath', 'Classpath-exception-2.0'],
  ['font', 'Font-exception-2.0'],
])

/** Short names of the specification that SPDX has under another name. */
const shortNames: ReadonlyMap<string, string> = new Map([
  ['apache-2', 'Apache-2.0'],
  ['artistic-2', 'Artistic-2.0'],
  ['boost-1.0', 'BSL-1.0'],
  ['cc0', 'CC0-1.0'],
  ['expat', 'MIT'],
  ['perl', 'GPL-1.0-or-later OR Artistic-1.0-Perl'],
  ['w3c-software', 'W3C'],
  ['zope-2.1', 'ZPL-2.1'],
])
const gnu = /^(AGPL|GPL|LGPL|GFDL)(-NIV)?-?v?(\d)(?:\.(\d))?(\+)?$/i

function toSpdxId(name: string): string | undefined {
  const [match, family, noInvariants, major, minor = '0', later] = gnu.exec(name) ?? []
  if (match !== undefined) {
    const middle = noInvariants === undefined ? '' : '-no-invariants'
    return knownId(`${family!.toUpperCase()}-${major}.${minor}${middle}-${later ? 'or-later' : 'only'}`)
  }
  return shortNames.get(name.toLowerCase()) ?? knownId(name)
}

function knownId(id: string): string | undefined {
  return loadSpdx().fixupSpdxId(id)
}

function toReference(name: string): string {
  const plain = name.replaceAll('+', '-or-later').replaceAll(/[^A-Za-z0-9.-]+/g, '-')
  return `LicenseRef-debian-${plain}`
}
