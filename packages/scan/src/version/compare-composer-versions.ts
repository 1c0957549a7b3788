import {
  compareDigits,
  toOrder,
  type UnparseableVersion,
  unparseable,
  type VersionOrder,
} from './version-order.ts'

/**
 * Orders two versions as Composer does: both are normalised first (`v1.2-beta3` is `1.2.0.0-beta3`, so `1.0` equals
 * `1.0.0`), then compared by parts: `dev`, `alpha`, `beta`, `RC`, the release, `patch`. `2.x-dev` stands above all 2.*
 * releases. A named branch (`dev-main`) has no order.
 */
export function compareComposerVersions(a: string, b: string): VersionOrder | UnparseableVersion {
  const left = normalize(a)
  if (left === undefined) return unparseable(a)
  const right = normalize(b)
  if (right === undefined) return unparseable(b)
  for (let index = 0; index < left.length || index < right.length; index++) {
    const order = compareParts(left[index], right[index])
    if (order !== 0) return order
  }
  return 0
}

const modifier =
  '[._-]?(?:(stable|beta|b|rc|alpha|a|patch|pl|p)((?:[.-]?\\d+(?:[.-]\\d+)*)?))?(?:[.-]?(dev))?$'
const numbered = new RegExp(`^v?(\\d{1,5})(?:\\.(\\d+))?(?:\\.(\\d+))?(?:\\.(\\d+))?${modifier}`)
const dated = new RegExp(`^v?(\\d{4}(?:[.:-]?\\d{2}){1,6}(?:[.:-]?\\d{1,3})?)${modifier}`)
const branch = /^v?(\d+)(?:\.(\d+|[x*]))?(?:\.(\d+|[x*]))?(?:\.(\d+|[x*]))?[.-]?dev$/
/** What Composer puts for the open places of a numeric branch. */
const open = '9999999'

/** The parts of the normalised version, numbers and words, or `undefined` where Composer refuses it. */
function normalize(version: string): readonly string[] | undefined {
  if (version.length > 256) return undefined
  const text = version
    .toLowerCase()
    .replace(/@(?:stable|rc|beta|alpha|dev)$/, '')
    .replace(/^([^+]+)\+\S+$/, '$1')
  const plain = numbered.exec(text)
  if (plain !== null) {
    const [, major = '0', minor = '0', patch = '0', fourth = '0', stage, numbers, dev] = plain
    return [major, minor, patch, fourth, ...stageParts(stage, numbers, dev)]
  }
  const date = dated.exec(text)
  if (date !== null) {
    const [, digits = '', stage, numbers, dev] = date
    return [...digits.split(/\D/), ...stageParts(stage, numbers, dev)]
  }
  const line = branch.exec(text)
  if (line === null) return undefined
  const [, major = '', ...rest] = line
  return [major, ...rest.map((part) => (/^\d/.test(part ?? '') ? (part ?? '') : open)), 'dev']
}

function stageParts(stage?: string, numbers?: string, dev?: string): readonly string[] {
  if (stage === 'stable') return []
  const word = stage === undefined ? [] : [stage]
  return [...word, ...(numbers?.match(/\d+/g) ?? []), ...(dev === undefined ? [] : ['dev'])]
}

/** A part that is missing comes before a number and counts like one against a word. */
function compareParts(a: string | undefined, b: string | undefined): VersionOrder {
  const order = toOrder(rank(a) - rank(b))
  if (order !== 0 || rank(a) !== release) return order
  if (a === undefined || b === undefined) return toOrder(Number(a !== undefined) - Number(b !== undefined))
  return compareDigits(a, b)
}

const release = 4

function rank(part: string | undefined): number {
  switch (part) {
    case 'dev':
      return 0
    case 'a':
    case 'alpha':
      return 1
    case 'b':
    case 'beta':
      return 2
    case 'rc':
      return 3
    case 'p':
    case 'pl':
    case 'patch':
      return 5
    default:
      return release
  }
}
