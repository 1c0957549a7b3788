import { maxJsonDepth } from './limits.ts'

/**
 * Parses JSON from outside, with or without a byte order mark.
 *
 * @throws {SyntaxError} when it is none, or nested too deeply; the message repeats nothing of it.
 */
export function parseJson(text: string): unknown {
  if (deeperThan(text, maxJsonDepth)) throw new SyntaxError(`JSON nested deeper than ${maxJsonDepth} levels`)
  try {
    return JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text)
  } catch {
    throw new SyntaxError('not JSON')
  }
}

function deeperThan(text: string, limit: number): boolean {
  let depth = 0
  let inString = false
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (inString) {
      if (code === 0x5c) at++
      else if (code === 0x22) inString = false
    } else if (code === 0x22) {
      inString = true
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > limit) return true
    } else if (code === 0x5d || code === 0x7d) {
      depth--
    }
  }
  return false
}
