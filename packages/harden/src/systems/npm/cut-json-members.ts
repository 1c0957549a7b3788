interface Member {
  readonly key: string
  readonly start: number
  readonly end: number
}

/**
 * The text of a JSON object without some members of the object that it has under `field`; all other bytes are as they
 * were. The text is valid JSON (RFC 8259), as `JSON.parse` accepts it.
 */
export function cutJsonMembers(text: string, field: string, isCut: (key: string) => boolean): string {
  const outer = readMembers(text, skipSpace(text, 0))
  const value = outer.find(({ key }) => key === field)
  if (!value) return text
  const open = skipSpace(text, text.indexOf(':', skipString(text, value.start)) + 1)
  if (text[open] !== '{') return text
  const members = readMembers(text, open)
  const kept = members.filter(({ key }) => !isCut(key))
  if (kept.length === members.length) return text
  if (kept.length === 0) return `${text.slice(0, open + 1)}${text.slice(value.end - 1)}`
  const separator = members[1] ? text.slice(members[0]!.end, members[1].start) : ','
  return [
    text.slice(0, members[0]!.start),
    kept.map(({ start, end }) => text.slice(start, end)).join(separator),
    text.slice(members.at(-1)!.end),
  ].join('')
}

/** Members of the object that opens at `open`; none when no object does. */
function readMembers(text: string, open: number): readonly Member[] {
  const members: Member[] = []
  if (text[open] !== '{') return members
  for (let at = skipSpace(text, open + 1); text[at] === '"';) {
    const keyEnd = skipString(text, at)
    const value = skipSpace(text, text.indexOf(':', keyEnd) + 1)
    const end = skipValue(text, value)
    members.push({ key: String(JSON.parse(text.slice(at, keyEnd))), start: at, end })
    at = skipSpace(text, end)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return members
}

function skipSpace(text: string, from: number): number {
  let at = from
  while (at < text.length && ' \t\r\n\uFEFF'.includes(text[at]!)) at++
  return at
}

function skipString(text: string, from: number): number {
  let at = from + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function skipValue(text: string, from: number): number {
  if (text[from] === '"') return skipString(text, from)
  let depth = 0
  let at = from
  do {
    const character = text[at]!
    if (character === '"') {
      at = skipString(text, at)
      continue
    }
    if (character === '{' || character === '[') depth++
    else if (character === '}' || character === ']') depth--
    else if (depth === 0 && (character === ',' || ' \t\r\n'.includes(character))) return at
    if (depth < 0) return at
    at++
    // A bare number or word ends before what follows it; an object or array ends at its bracket.
    if (depth === 0 && (character === '}' || character === ']')) return at
  } while (at < text.length)
  return at
}
