import {
  compareDigits,
  compareText,
  toOrder,
  type UnparseableVersion,
  unparseable,
  type VersionOrder,
} from './version-order.ts'

/** A number, a qualifier, or the list of what follows a hyphen or a change between digits and letters. */
type Item =
  | { readonly kind: 'qualifier'; readonly text: string }
  | { readonly kind: 'list'; readonly items: Item[] }
  | { readonly kind: 'number'; readonly text: string }

/**
 * Orders two versions as Maven's ComparableVersion does (since 3.8.7): numbers and qualifiers, split at `.`, `-` and
 * where digits and letters meet; `alpha`, `beta`, `milestone`, `rc`, `snapshot` come before the release, `sp` and then
 * unknown words after it; trailing zeros and `ga`, `final`, `release` do not count. Maven itself takes any text for a
 * version; blanks, control characters and the signs of version ranges are refused here, as is text without a letter
 * or digit.
 */
export function compareMavenVersions(a: string, b: string): VersionOrder | UnparseableVersion {
  if (!isVersion(a)) return unparseable(a)
  if (!isVersion(b)) return unparseable(b)
  return compareLists(parse(a), parse(b))
}

function isVersion(text: string): boolean {
  return text.length <= maxLength && /[0-9A-Za-z]/.test(text) && !/[\s\p{Cc},[\]()]/u.test(text)
}

/** Also keeps the nesting, and with it the recursion, shallow. */
const maxLength = 512

function parse(version: string): readonly Item[] {
  const root: Item[] = []
  const lists = [root]
  let list = root
  const nest = (): void => {
    const items: Item[] = []
    list.push({ kind: 'list', items })
    lists.push(items)
    list = items
  }
  const text = version.toLowerCase()
  const tokens = /(\d+)|([^\d.-]+)|[.-]/g
  let open = false // a token has been read since the last separator
  for (const { 0: token, 1: digits, 2: letters, index } of text.matchAll(tokens)) {
    const end = index + token.length
    const next = text[end] ?? ''
    if (digits !== undefined) {
      list.push({ kind: 'number', text: digits })
      open = true
      if (next !== '' && next !== '.' && next !== '-') nest()
    } else if (letters !== undefined) {
      const followedByDigit = /\d/.test(next)
      // `.X` counts as `-X` for a qualifier that ends the version or meets a digit
      if ((followedByDigit || next === '') && list.length > 0) nest()
      list.push({ kind: 'qualifier', text: resolveAlias(letters, followedByDigit) })
      open = true
      if (followedByDigit) nest()
    } else {
      if (!open) list.push({ kind: 'number', text: '0' })
      open = false
      if (token === '-') nest()
    }
  }
  for (const each of lists.reverse()) normalize(each)
  return root
}

function resolveAlias(qualifier: string, followedByDigit: boolean): string {
  switch (qualifier) {
    case 'ga':
    case 'final':
    case 'release':
      return ''
    case 'cr':
      return 'rc'
    case 'a':
      return followedByDigit ? 'alpha' : qualifier
    case 'b':
      return followedByDigit ? 'beta' : qualifier
    case 'm':
      return followedByDigit ? 'milestone' : qualifier
    default:
      return qualifier
  }
}

/** Drops what does not count from the end: zeros, empty qualifiers, empty lists; lists do not stop that. */
function normalize(items: Item[]): void {
  for (let index = items.length - 1; index >= 0; index--) {
    const item = items[index]
    if (item === undefined) return
    if (isNothing(item)) items.splice(index, 1)
    else if (item.kind !== 'list') return
  }
}

function isNothing(item: Item): boolean {
  switch (item.kind) {
    case 'number':
      return /^0*$/.test(item.text)
    case 'qualifier':
      return item.text === ''
    case 'list':
      return item.items.length === 0
  }
}

const kinds: readonly Item['kind'][] = ['qualifier', 'list', 'number']

function compareLists(a: readonly Item[], b: readonly Item[]): VersionOrder {
  for (let index = 0; index < a.length || index < b.length; index++) {
    const order = compareItems(a[index], b[index])
    if (order !== 0) return order
  }
  return 0
}

function compareItems(a: Item | undefined, b: Item | undefined): VersionOrder {
  if (a === undefined) return b === undefined ? 0 : toOrder(-compareWithNothing(b))
  if (b === undefined) return compareWithNothing(a)
  if (a.kind === 'number' && b.kind === 'number') return compareDigits(a.text, b.text)
  if (a.kind === 'qualifier' && b.kind === 'qualifier') return compareQualifiers(a.text, b.text)
  if (a.kind === 'list' && b.kind === 'list') return compareLists(a.items, b.items)
  return toOrder(kinds.indexOf(a.kind) - kinds.indexOf(b.kind))
}

function compareWithNothing(item: Item): VersionOrder {
  switch (item.kind) {
    case 'number':
      return isNothing(item) ? 0 : 1
    case 'qualifier':
      return compareQualifiers(item.text, '')
    case 'list':
      return compareLists(item.items, [])
  }
}

const qualifiers = ['alpha', 'beta', 'milestone', 'rc', 'snapshot', '', 'sp']

/** Known words in their order, then all others as text. */
function compareQualifiers(a: string, b: string): VersionOrder {
  const left = qualifiers.indexOf(a)
  const right = qualifiers.indexOf(b)
  if (left === -1 && right === -1) return compareText(a, b)
  return toOrder((left === -1 ? qualifiers.length : left) - (right === -1 ? qualifiers.length : right))
}
