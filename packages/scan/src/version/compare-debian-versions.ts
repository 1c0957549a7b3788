import {
  compareDigits,
  toOrder,
  type UnparseableVersion,
  unparseable,
  type VersionOrder,
} from './version-order.ts'

/**
 * Orders two versions as dpkg does (deb-version(7)): epoch, upstream version, revision; `~` sorts before the end,
 * letters before other characters, digits by value. A missing epoch is 0, a missing revision equals `0`.
 */
export function compareDebianVersions(a: string, b: string): VersionOrder | UnparseableVersion {
  const left = split(a)
  if (left === undefined) return unparseable(a)
  const right = split(b)
  if (right === undefined) return unparseable(b)
  return (
    compareDigits(left.epoch, right.epoch) ||
    comparePart(left.upstream, right.upstream) ||
    comparePart(left.revision, right.revision)
  )
}

interface DebianVersion {
  readonly epoch: string
  readonly upstream: string
  readonly revision: string
}

function split(version: string): DebianVersion | undefined {
  if (version.length > 4096) return undefined
  const hyphen = version.lastIndexOf('-')
  const head = hyphen === -1 ? version : version.slice(0, hyphen)
  const revision = hyphen === -1 ? '' : version.slice(hyphen + 1)
  if (hyphen !== -1 && !/^[A-Za-z0-9.+~]+$/.test(revision)) return undefined
  const colon = head.indexOf(':')
  const epoch = colon === -1 ? '0' : head.slice(0, colon)
  const upstream = colon === -1 ? head : head.slice(colon + 1)
  if (!/^\d{1,10}$/.test(epoch) || Number(epoch) > 2_147_483_647) return undefined
  if (!/^[A-Za-z0-9.+~:-]+$/.test(upstream)) return undefined
  return { epoch, upstream, revision }
}

/** Alternates runs of non-digits and runs of digits, starting with non-digits (possibly empty). */
function comparePart(a: string, b: string): VersionOrder {
  let i = 0
  let j = 0
  while (i < a.length || j < b.length) {
    while ((i < a.length && !isDigit(a, i)) || (j < b.length && !isDigit(b, j))) {
      const order = toOrder(weight(a, i) - weight(b, j))
      if (order !== 0) return order
      i++
      j++
    }
    const start = i
    while (i < a.length && isDigit(a, i)) i++
    const otherStart = j
    while (j < b.length && isDigit(b, j)) j++
    const order = compareDigits(a.slice(start, i), b.slice(otherStart, j))
    if (order !== 0) return order
  }
  return 0
}

function isDigit(text: string, index: number): boolean {
  const code = text.charCodeAt(index)
  return code >= 48 && code <= 57
}

/** `~` < end or digit < letters < everything else. */
function weight(text: string, index: number): number {
  if (index >= text.length || isDigit(text, index)) return 0
  const code = text.charCodeAt(index)
  if (code === 126) return -1
  const letter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
  return letter ? code : code + 256
}
