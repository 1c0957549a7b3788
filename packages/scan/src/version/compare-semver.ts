import {
  compareDigits,
  compareText,
  toOrder,
  type UnparseableVersion,
  unparseable,
  type VersionOrder,
} from './version-order.ts'

const grammar =
  /^v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?$/

interface SemanticVersion {
  readonly numbers: readonly [string, string, string]
  readonly prerelease: string | undefined
  readonly build: string | undefined
}

function parse(version: string): SemanticVersion | undefined {
  const match = version.length > 1024 ? null : grammar.exec(version)
  if (match === null) return undefined
  const [, major = '', minor = '', patch = '', prerelease, build] = match
  // Semantic Versioning 2.0, item 9: numeric identifiers have no leading zeros
  if (prerelease?.split('.').some((part) => /^0\d+$/.test(part))) return undefined
  return { numbers: [major, minor, patch], prerelease, build }
}

/** Orders two versions by Semantic Versioning 2.0; a leading `v` is allowed, build metadata does not count. */
export function compareSemver(a: string, b: string): VersionOrder | UnparseableVersion {
  return compareParsed(a, b, () => 0)
}

/** Orders two versions of pub (Dart): Semantic Versioning, but a build sorts after the same version without one. */
export function comparePubVersions(a: string, b: string): VersionOrder | UnparseableVersion {
  return compareParsed(a, b, ({ build: left }, { build: right }) =>
    left === undefined || right === undefined
      ? toOrder(Number(left !== undefined) - Number(right !== undefined))
      : comparePrereleases(left, right),
  )
}

function compareParsed(
  a: string,
  b: string,
  compareEqual: (a: SemanticVersion, b: SemanticVersion) => VersionOrder,
): VersionOrder | UnparseableVersion {
  const left = parse(a)
  if (left === undefined) return unparseable(a)
  const right = parse(b)
  if (right === undefined) return unparseable(b)
  for (const index of [0, 1, 2] as const) {
    const order = compareDigits(left.numbers[index], right.numbers[index])
    if (order !== 0) return order
  }
  return comparePrereleases(left.prerelease, right.prerelease) || compareEqual(left, right)
}

/**
 * Orders dotted prerelease identifiers (Semantic Versioning 2.0, item 11): none is later than any, numbers by value
 * and before text, text by character, and of two that are alike so far the longer is later.
 */
export function comparePrereleases(a: string | undefined, b: string | undefined): VersionOrder {
  if (a === undefined || b === undefined) return toOrder(Number(a === undefined) - Number(b === undefined))
  const left = a.split('.')
  const right = b.split('.')
  for (let index = 0; index < left.length && index < right.length; index++) {
    const x = left[index] ?? ''
    const y = right[index] ?? ''
    const numeric = Number(/^\d+$/.test(y)) - Number(/^\d+$/.test(x))
    const order = toOrder(numeric) || (/^\d+$/.test(x) ? compareDigits(x, y) : compareText(x, y))
    if (order !== 0) return order
  }
  return toOrder(left.length - right.length)
}

/**
 * Orders two Go versions: of modules (`v1.2.3`, pseudo-versions, `+incompatible`) or of the toolchain (`go1.22rc1`,
 * `go1.21.3 X:nocoverageredesign`). `(devel)` has no order.
 */
export function compareGoVersions(a: string, b: string): VersionOrder | UnparseableVersion {
  return compareSemver(toSemver(a), toSemver(b))
}

const toolchain = /^(?:go)?(\d+)\.(\d+)(?:\.(\d+))?(?:(alpha|beta|rc)(\d+))?(?:[ +-].*)?$/

/** `go1.22rc1` as Go's vulnerability database writes it: `1.22.0-rc.1`. Other texts stay as they are. */
function toSemver(version: string): string {
  const isToolchain = version.startsWith('go') || /^\d+\.\d+(?:(?:alpha|beta|rc)\d+)?$/.test(version)
  if (!isToolchain || version.length > 256) return version
  const match = toolchain.exec(version)
  if (match === null) return version
  const [, major, minor, patch = '0', stage, number] = match
  return `${major}.${minor}.${patch}${stage === undefined ? '' : `-${stage}.${number}`}`
}
