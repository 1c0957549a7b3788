import {
  compareDigits,
  compareText,
  toOrder,
  type UnparseableVersion,
  unparseable,
  type VersionOrder,
} from './version-order.ts'

/**
 * Orders two versions `[epoch:]version[-release]` as rpm does (rpmVersionCompare): runs of digits by value, runs of
 * letters as text, everything else only separates; `~` sorts before the end, `^` after it. A missing epoch is 0; a
 * missing release comes before any.
 */
export function compareRpmVersions(a: string, b: string): VersionOrder | UnparseableVersion {
  const left = split(a)
  if (left === undefined) return unparseable(a)
  const right = split(b)
  if (right === undefined) return unparseable(b)
  return (
    compareDigits(left.epoch, right.epoch) ||
    comparePart(left.version, right.version) ||
    compareReleases(left.release, right.release)
  )
}

interface RpmVersion {
  readonly epoch: string
  readonly version: string
  readonly release: string | undefined
}

function split(text: string): RpmVersion | undefined {
  // rpm has no characters for blanks and controls in versions; others that it does not know only separate
  if (text.length > 1024 || /[\s\p{Cc}]/u.test(text)) return undefined
  // only digits make an epoch: other text before a colon belongs to the version
  const epoch = /^(\d{1,10}):/.exec(text)?.[1]
  const rest = epoch === undefined ? text : text.slice(epoch.length + 1)
  const hyphen = rest.lastIndexOf('-')
  const version = hyphen === -1 ? rest : rest.slice(0, hyphen)
  if (version === '' || Number(epoch ?? 0) > 4_294_967_295) return undefined
  return { epoch: epoch ?? '0', version, release: hyphen === -1 ? undefined : rest.slice(hyphen + 1) }
}

function compareReleases(a: string | undefined, b: string | undefined): VersionOrder {
  if (a === undefined || b === undefined) return toOrder(Number(a !== undefined) - Number(b !== undefined))
  return comparePart(a, b)
}

const parts = /[~^]|\d+|[A-Za-z]+/g

/** rpmvercmp: the versions' parts one by one; where one has ended, what follows in the other decides. */
function comparePart(a: string, b: string): VersionOrder {
  const left = a.match(parts) ?? []
  const right = b.match(parts) ?? []
  for (let index = 0; index < left.length || index < right.length; index++) {
    const x = left[index] ?? ''
    const y = right[index] ?? ''
    const order = toOrder(rank(x) - rank(y)) || compareSame(x, y)
    if (order !== 0) return order
  }
  return 0
}

/** `~` < end < `^` < letters < digits. */
function rank(part: string): number {
  if (part === '~') return 0
  if (part === '') return 1
  if (part === '^') return 2
  return isDigits(part) ? 4 : 3
}

function compareSame(a: string, b: string): VersionOrder {
  return isDigits(a) ? compareDigits(a, b) : compareText(a, b)
}

function isDigits(part: string): boolean {
  return part >= '0' && part < ':'
}
