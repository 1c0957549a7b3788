import { loadPatterns } from '../internal/load-libraries.ts'
import type { TextPattern } from './ignore-rule.ts'

/**
 * Compiles a path pattern as Trivy and Grype read it (the Go library doublestar): `*` and `?` stay within a part, `**`
 * as a whole part stands for any number of them, `[a-z]`, `[!a]`, `{one,two}` and `\` as usual. It is matched in linear
 * time. `undefined` for a malformed one.
 */
export function compileGlob(pattern: string): TextPattern | undefined {
  const { RE2JS } = loadPatterns()
  let source = ''
  let braces = 0
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at]!
    const startsPart = at === 0 || pattern[at - 1] === '/'
    if (startsPart && pattern.startsWith('**/', at)) {
      source += '(?:[^/]*/)*'
      at += 2
    } else if (startsPart && pattern.slice(at) === '**') {
      source += '.*'
      at += 1
    } else if (pattern.startsWith('/**', at) && at + 3 === pattern.length) {
      source += '(?:/.*)?'
      at += 2
    } else if (char === '*') {
      source += '[^/]*'
    } else if (char === '?') {
      source += '[^/]'
    } else if (char === '{') {
      source += '(?:'
      braces++
    } else if (char === '}' && braces > 0) {
      source += ')'
      braces--
    } else if (char === ',' && braces > 0) {
      source += '|'
    } else if (char === '[') {
      const end = pattern.indexOf(']', at + 2)
      if (end < 0) return undefined
      const negated = pattern[at + 1] === '!' || pattern[at + 1] === '^'
      const members = pattern.slice(at + (negated ? 2 : 1), end)
      source += `[${negated ? '^/' : ''}${members.replaceAll(/[[\]\\^]/g, String.raw`\$&`)}]`
      at = end
    } else if (char === '\\') {
      at++
      if (at === pattern.length) return undefined
      source += RE2JS.quote(pattern[at]!)
    } else {
      source += RE2JS.quote(char)
    }
  }
  if (braces > 0) return undefined
  try {
    return RE2JS.compile(source, RE2JS.DOTALL)
  } catch {
    return undefined
  }
}
