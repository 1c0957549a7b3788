/** Which paths dpkg's own configuration in the image keeps out. */
export type PathExcludes = (path: string) => boolean

/**
 * Reads `path-exclude` and `path-include` of dpkg.cfg(5), in the order of the files. As for dpkg, the last pattern that
 * fits decides, and `*` stands for slashes too.
 */
export function parsePathExcludes(configurations: readonly string[]): PathExcludes {
  const rules = configurations.flatMap((text) =>
    text.split('\n').flatMap((line) => {
      const match = /^[ \t]*path-(exclude|include)[ \t=]+(\S.{0,1023})$/.exec(line.trimEnd())
      if (!match) return []
      return { excludes: match[1] === 'exclude', pattern: match[2]!.replace(/^(["'])(.*)\1$/, '$2') }
    }),
  )
  return (path) => {
    const last = rules.findLast(({ pattern }) => matchesPattern(pattern, path))
    return last?.excludes ?? false
  }
}

/** fnmatch(3) with `*` and `?`; a set in brackets counts as any one character. Takes time linear in both at each star. */
export function matchesPattern(pattern: string, text: string): boolean {
  const tokens = tokenize(pattern)
  let token = 0
  let at = 0
  let star = -1
  let resume = 0
  while (at < text.length) {
    const current = tokens[token]
    if (current === '*') {
      star = token++
      resume = at
    } else if (current !== undefined && (current === '?' || current === `=${text[at]}`)) {
      token++
      at++
    } else if (star >= 0) {
      token = star + 1
      at = ++resume
    } else return false
  }
  while (tokens[token] === '*') token++
  return token === tokens.length
}

/** `*`, `?`, or `=` and the character that is meant. */
function tokenize(pattern: string): readonly string[] {
  const tokens: string[] = []
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!
    const end = character === '[' ? pattern.indexOf(']', at + 2) : -1
    if (end >= 0) {
      tokens.push('?')
      at = end
    } else if (character === '*' || character === '?') tokens.push(character)
    else if (character === '\\' && at + 1 < pattern.length) tokens.push(`=${pattern[++at]}`)
    else tokens.push(`=${character}`)
  }
  return tokens
}
