/** One challenge of a `WWW-Authenticate` field (RFC 9110, section 11.6.1). */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string
  /** Names in lower case, values with quoted pairs undone; of a repeated name the first value is kept. */
  readonly params: Readonly<Record<string, string>>
  readonly token68?: string | undefined
}

const maxFieldLength = 64 * 1024
const tokenPattern = /[!#$%&'*+\-.^_`|~0-9A-Za-z]+/y
const token68Pattern = /[A-Za-z0-9\-._~+/]+=*(?=[ \t]*(?:,|$))/y
const unquotedPattern = /[^\s,"]+/y
const blankPattern = /[ \t]*/y

/**
 * Reads the `WWW-Authenticate` fields of an answer, tolerantly: from the first character of a field that does not fit
 * the grammar, the rest of that field is passed over, and what stands before it is kept.
 */
export function parseChallenges(fields: readonly string[]): readonly Challenge[] {
  return fields.flatMap((field) => (field.length > maxFieldLength ? [] : parseField(field)))
}

function parseField(text: string): Challenge[] {
  const challenges: { scheme: string; params: Record<string, string>; token68?: string }[] = []
  let position = 0
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position
    const match = pattern.exec(text)?.[0]
    if (match !== undefined) position += match.length
    return match
  }

  while (position < text.length) {
    take(blankPattern)
    if (text[position] === ',') {
      position++
      continue
    }
    const name = take(tokenPattern)
    if (name === undefined) break
    const afterName = position
    take(blankPattern)
    const current = challenges.at(-1)
    if (text[position] === '=' && current !== undefined && current.token68 === undefined) {
      position++
      take(blankPattern)
      const value = text[position] === '"' ? takeQuoted() : take(unquotedPattern)
      if (value === undefined) break
      const key = name.toLowerCase()
      if (!Object.hasOwn(current.params, key)) {
        Object.defineProperty(current.params, key, { value, enumerable: true, writable: true })
      }
      continue
    }
    if (text[position] === '=') break
    challenges.push({ scheme: name.toLowerCase(), params: {} })
    if (position > afterName && !isParameter()) {
      const token68 = take(token68Pattern)
      if (token68 !== undefined) challenges[challenges.length - 1]!.token68 = token68
    }
  }
  return challenges

  /** Whether `name=value` stands here: it would also read as token68 with padding, when the value is missing. */
  function isParameter(): boolean {
    const rest = text.slice(position, position + 256)
    return /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+[ \t]*=[ \t]*[^=,\s]/.test(rest)
  }

  function takeQuoted(): string | undefined {
    let value = ''
    for (let at = position + 1; at < text.length; at++) {
      const character = text[at]!
      if (character === '"') {
        position = at + 1
        return value
      }
      if (character === '\\') at++
      value += text[at] ?? ''
    }
    return undefined
  }
}
