import { compareApkVersions, isUnparseable } from '@sallyport/scan/compare'

/** A word of `D`, `p`, or `/etc/apk/world`: `[!]name[operator version][@repository]`. */
export interface ApkDependency {
  readonly name: string
  /** Whether it must not be there. */
  readonly isConflict: boolean
  /** Characters of `<`, `=`, `>`, `~`; `><` asks for a checksum. */
  readonly operator?: string | undefined
  readonly version?: string | undefined
}

/** Reads one word. Every text is one: what is no operator belongs to the name. */
export function parseDependency(word: string): ApkDependency {
  const isConflict = word.startsWith('!')
  const text = isConflict ? word.slice(1) : word
  const nameEnd = text.search(/[<>=~@]/)
  const name = nameEnd < 0 ? text : text.slice(0, nameEnd)
  const rest = nameEnd < 0 || text[nameEnd] === '@' ? '' : text.slice(nameEnd)
  const operator = /^[<>=~]*/.exec(rest)![0]
  if (operator === '') return { name, isConflict }
  return { name, isConflict, operator, version: rest.slice(operator.length).replace(/@.*$/s, '') }
}

/** The words of a field or of `world`. */
export function words(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '')
}

/**
 * Whether what is provided under the name asked for is the version asked for. What is provided without a version
 * satisfies no demand for one, as in apk. Versions that can't be compared count as satisfying: the package stays.
 */
export function satisfies(
  { operator, version }: ApkDependency,
  provided: string | undefined,
  checksum: string | undefined,
): boolean {
  if (operator === undefined || version === undefined) return true
  if (operator.includes('<') && operator.includes('>') && !operator.includes('=')) return checksum === version
  if (provided === undefined) return false
  if (operator.includes('~') && isPrefix(version, provided)) return true
  const order = compareApkVersions(provided, version)
  if (isUnparseable(order)) return true
  if (order < 0) return operator.includes('<')
  if (order > 0) return operator.includes('>')
  return operator.includes('=') || operator.includes('~')
}

/** `~1.2` is any 1.2: the version up to a boundary of its parts. */
function isPrefix(wanted: string, has: string): boolean {
  if (!has.startsWith(wanted)) return false
  const next = has[wanted.length]
  return next === undefined || !/\d/.test(next) || !/\d$/.test(wanted)
}
