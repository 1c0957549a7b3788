import { ScanError } from '../../errors.ts'
import { readText, type TextSource } from '../read-lines.ts'

/** A member of the outermost object of a JSON text. */
export interface JsonMember {
  readonly key: string
  readonly value: unknown
}

/** Longest member that is held, in characters; the kernel's is the longest of Debian, with some 10 million. */
const maxMemberLength = 128 * 1024 * 1024

/**
 * Reads the members of a JSON object one by one, so that a text of many megabytes is never held as a whole.
 *
 * @throws {ScanError} `ADVISORIES_INVALID` when it is no JSON object, `LIMIT_EXCEEDED` past `maxBytes` or for one member
 *   of more than 128 Mi characters.
 */
export async function* readMembers(
  input: TextSource,
  source: string,
  maxBytes: number,
): AsyncGenerator<JsonMember, void> {
  let depth = 0
  let inString = false
  let escaped = false
  let closed = false
  let member = ''
  let count = 0
  for await (const text of readText(input, source, maxBytes)) {
    let start = 0
    for (let index = 0; index < text.length; index++) {
      const code = text.charCodeAt(index)
      if (inString) {
        if (escaped) escaped = false
        else if (code === backslash) escaped = true
        else if (code === quote) inString = false
      } else if (code === quote) inString = true
      else if (code === openBrace || code === openBracket) {
        depth++
        if (depth === 1) {
          if (code !== openBrace || closed || (member + text.slice(start, index)).trim() !== '')
            throw invalid(source, 'not one JSON object')
          member = ''
          start = index + 1
        }
      } else if (code === closeBrace || code === closeBracket || (code === comma && depth === 1)) {
        if (code !== comma) depth--
        if (depth === 0 || code === comma) {
          member += text.slice(start, index)
          start = index + 1
          if (depth === 0) closed = true
          if (depth !== 0 || count > 0 || member.trim() !== '') yield parseMember(member, source, ++count)
          member = ''
        }
      }
    }
    member += text.slice(start)
    if (member.length > maxMemberLength)
      throw new ScanError('LIMIT_EXCEEDED', `${source}, member ${count + 1}: too long`)
  }
  if (!closed || member.trim() !== '') throw invalid(source, 'not one JSON object, or cut off')
}

const [quote, backslash, openBrace, closeBrace, openBracket, closeBracket, comma] = [
  34, 92, 123, 125, 91, 93, 44,
]

function parseMember(text: string, source: string, position: number): JsonMember {
  let value: unknown
  try {
    value = JSON.parse(`{${text}}`)
  } catch (cause) {
    throw invalid(source, `member ${position} is not JSON`, cause)
  }
  const [entry] = Object.entries(value as object)
  if (entry === undefined) throw invalid(source, `member ${position} is empty`)
  return { key: entry[0], value: entry[1] as unknown }
}

function invalid(source: string, problem: string, cause?: unknown): ScanError {
  return new ScanError('ADVISORIES_INVALID', `${source}: ${problem}`, { cause })
}
