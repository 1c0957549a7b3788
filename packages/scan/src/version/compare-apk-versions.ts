import {
  compareDigits,
  compareText,
  toOrder,
  type UnparseableVersion,
  unparseable,
  type VersionOrder,
} from './version-order.ts'

/** Order matters: at the first difference in kind, the version whose part stands earlier here is the later one. */
const kinds = ['initial', 'number', 'letter', 'suffix', 'suffix-number', 'commit', 'revision', 'end'] as const

type Kind = (typeof kinds)[number]

interface Part {
  readonly kind: Kind
  readonly text: string
}

/** Before and after the plain release. */
const suffixes = ['alpha', 'beta', 'pre', 'rc', '', 'cvs', 'svn', 'git', 'hg', 'p']
const plain = suffixes.indexOf('')

const grammar =
  /^\d+(?:\.\d+)*(?:[a-z](?:\d+(?:\.\d+)*)?)?(?:_(?:alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*(?:~[0-9a-f]+)?(?:-r\d+)?$/

/**
 * Orders two versions as apk does: `number{.number}{letter}{_suffix{number}}{~commit}{-rN}`. A component with a
 * leading zero is compared as text (a fraction), as apk does; `_alpha`, `_beta`, `_pre`, `_rc` sort before the plain
 * version. Text outside this grammar has no order, although apk's own releases order it, each in another way.
 */
export function compareApkVersions(a: string, b: string): VersionOrder | UnparseableVersion {
  const left = split(a)
  if (left === undefined) return unparseable(a)
  const right = split(b)
  if (right === undefined) return unparseable(b)
  for (let index = 0; ; index++) {
    const x = left[index] as Part
    const y = right[index] as Part
    if (x.kind !== y.kind) return compareKinds(x, y)
    if (x.kind === 'end') return 0
    const order = compareTexts(x.kind, x.text, y.text)
    if (order !== 0) return order
  }
}

function split(version: string): readonly Part[] | undefined {
  if (version.length > 1024 || !grammar.test(version)) return undefined
  const parts: Part[] = []
  for (const [text] of version.matchAll(/^\d+|\.\d+|_[a-z]+|~[0-9a-f]+|-r\d+|[a-z]|\d+/g)) {
    const previous = parts.at(-1)?.kind
    if (text.startsWith('.')) parts.push({ kind: 'number', text: text.slice(1) })
    else if (text.startsWith('_')) parts.push({ kind: 'suffix', text: text.slice(1) })
    else if (text.startsWith('~')) parts.push({ kind: 'commit', text: text.slice(1) })
    else if (text.startsWith('-r')) parts.push({ kind: 'revision', text: text.slice(2) })
    else if (/[a-z]/.test(text)) parts.push({ kind: 'letter', text })
    else if (previous === undefined) parts.push({ kind: 'initial', text })
    else parts.push({ kind: previous === 'suffix' ? 'suffix-number' : 'number', text })
  }
  parts.push({ kind: 'end', text: '' })
  return parts
}

function compareKinds(a: Part, b: Part): VersionOrder {
  if (a.kind === 'suffix' && suffixes.indexOf(a.text) < plain) return -1
  if (b.kind === 'suffix' && suffixes.indexOf(b.text) < plain) return 1
  return toOrder(kinds.indexOf(b.kind) - kinds.indexOf(a.kind))
}

function compareTexts(kind: Kind, a: string, b: string): VersionOrder {
  switch (kind) {
    case 'suffix':
      return toOrder(suffixes.indexOf(a) - suffixes.indexOf(b))
    case 'number':
      return a.startsWith('0') || b.startsWith('0') ? compareText(a, b) : compareDigits(a, b)
    case 'initial':
    case 'suffix-number':
    case 'revision':
      return compareDigits(a, b)
    case 'letter':
    case 'commit':
    case 'end':
      return compareText(a, b)
  }
}
