const tokens = /#[^\n]*|"""|'''|"|'/g
const endings: Readonly<Record<string, RegExp>> = {
  '"""': /\\[^]|"""/g,
  "'''": /\\[^]|'''/g,
  '"': /\\[^]|["\n]/g,
  "'": /\\[^]|['\n]/g,
}
/** How far back the line before a text is looked for. */
const maxBefore = 1_000
const opensBlock = /(?:^|\n)[ \t]*(?:(?:async[ \t]+)?def\b|class\b|\))[^\n]*:$/

/**
 * Takes out what Python never runs: comments, but for `#!`, and the texts that say what a module, class or function
 * does (The Python Language Reference, 2.1.3 and 7.1). Other texts between three quotes stay, they may be scripts.
 */
export function withoutPythonRemarks(source: string): string {
  const parts: string[] = []
  let kept = 0
  let before = ''
  const next = new RegExp(tokens)
  for (let match = next.exec(source); match; match = next.exec(source)) {
    const [token] = match
    const isComment = token.startsWith('#')
    const end = isComment ? next.lastIndex : endOf(source, next.lastIndex, token)
    next.lastIndex = end
    if (!isComment && token.length === 1) continue
    const code = source.slice(kept, match.index)
    before = (before + code).slice(-maxBefore)
    parts.push(code)
    const isRemark = isComment ? !token.startsWith('#!') : isDescription(before)
    kept = isRemark ? end : match.index
  }
  parts.push(source.slice(kept))
  return parts.join('')
}

function endOf(source: string, from: number, quotes: string): number {
  const pattern = new RegExp(endings[quotes]!)
  pattern.lastIndex = from
  for (let match = pattern.exec(source); match; match = pattern.exec(source))
    if (!match[0].startsWith('\\')) return pattern.lastIndex
  return source.length
}

/** Whether a text behind this describes something: it is first in the file, or first behind `def` or `class`. */
function isDescription(before: string): boolean {
  // Nothing but its prefix may stand before it on its line.
  const line = /(?:^|\n)[ \t]*[rRuU]?$/.exec(before)
  if (!line) return false
  const code = before.slice(0, line.index).trimEnd()
  return /^(?:#![^\n]*)?$/.test(code) ? before.length < maxBefore : opensBlock.test(code)
}
