import {
  compareDigits,
  compareText,
  type UnparseableVersion,
  unparseable,
  type VersionOrder,
} from './version-order.ts'

const grammar = /^\d+(?:\.[0-9a-zA-Z]+)*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/

/**
 * Orders two versions as RubyGems does (Gem::Version): dotted parts, split again where digits and letters meet; letters
 * make a prerelease and sort before numbers, `-` counts as `.pre.`, trailing zeros do not count.
 */
export function compareGemVersions(a: string, b: string): VersionOrder | UnparseableVersion {
  const left = split(a)
  if (left === undefined) return unparseable(a)
  const right = split(b)
  if (right === undefined) return unparseable(b)
  for (let index = 0; index < left.length || index < right.length; index++) {
    const order = compareSegments(left[index], right[index])
    if (order !== 0) return order
  }
  return 0
}

function split(version: string): readonly string[] | undefined {
  if (version.length > 1024 || !grammar.test(version)) return undefined
  const segments = version.replaceAll('-', '.pre.').match(/\d+|[a-zA-Z]+/g) ?? []
  const firstText = segments.findIndex(isText)
  const release = firstText === -1 ? segments : segments.slice(0, firstText)
  const prerelease = firstText === -1 ? [] : segments.slice(firstText)
  return [...withoutZeros(release), ...withoutZeros(prerelease)]
}

/** Trailing zeros are dropped from the release and from the prerelease, each on its own. */
function withoutZeros(segments: readonly string[]): readonly string[] {
  let end = segments.length
  while (end > 0 && /^0+$/.test(segments[end - 1] ?? '')) end--
  return segments.slice(0, end)
}

function isText(segment: string): boolean {
  return /^[a-zA-Z]/.test(segment)
}

/** A missing segment is 0. */
function compareSegments(a = '0', b = '0'): VersionOrder {
  if (isText(a) !== isText(b)) return isText(a) ? -1 : 1
  return isText(a) ? compareText(a, b) : compareDigits(a, b)
}
