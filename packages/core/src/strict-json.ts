const maxDepth = 256

/** Why a text was not accepted as JSON. */
export class StrictJsonError extends Error {}

/** Options of {@link parseStrictJson}. */
export interface StrictJsonOptions {
  /** Most values inside of arrays and objects, together. Default: as many as the text has room for. */
  readonly maxValues?: number | undefined
}

/**
 * Parses JSON that two parsers can't read differently: valid UTF-8 without a byte order mark, no trailing data, no
 * key twice in one object, no key `__proto__`, which libraries drop without a word, at most 256 levels. Nothing is built
 * from a text that is nested deeper or has more values.
 *
 * @throws {StrictJsonError} when it is anything else.
 */
export function parseStrictJson(
  bytes: Uint8Array,
  { maxValues = Number.POSITIVE_INFINITY }: StrictJsonOptions = {},
): unknown {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    throw new StrictJsonError('not valid UTF-8')
  }
  try {
    checkStructure(text, maxValues)
    return JSON.parse(text)
  } catch (error) {
    throw error instanceof StrictJsonError ? error : new StrictJsonError('not valid JSON')
  }
}

/**
 * Looks for repeated keys, for depth and for the number of values. In valid JSON only strings, brackets and commas have
 * to be told apart; whether it is valid is for the parser to say, afterwards.
 */
function checkStructure(text: string, maxValues: number): void {
  // One set of seen keys for each open object; `undefined` for each open array.
  const open: (Set<string> | undefined)[] = []
  let expectsKey = false
  let values = 0
  for (let index = 0; index < text.length; index++) {
    switch (text[index]) {
      case '{':
        values++
        open.push(new Set())
        expectsKey = true
        break
      case '[':
        values++
        open.push(undefined)
        expectsKey = false
        break
      case '}':
      case ']':
        open.pop()
        expectsKey = false
        break
      case ',':
        values++
        expectsKey = open.at(-1) !== undefined
        break
      case '"': {
        const end = endOfString(text, index)
        if (expectsKey) {
          const key = JSON.parse(text.slice(index, end + 1)) as string
          if (key === '__proto__') throw new StrictJsonError('a key is "__proto__"')
          const keys = open.at(-1)
          if (keys?.has(key))
            throw new StrictJsonError(`the key ${JSON.stringify(key.slice(0, 80))} appears twice`)
          keys?.add(key)
          expectsKey = false
        }
        index = end
        break
      }
      default:
    }
    if (values > maxValues) throw new StrictJsonError(`more than ${maxValues} values`)
    if (open.length > maxDepth) throw new StrictJsonError(`nested deeper than ${maxDepth} levels`)
  }
}

/** Index of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    if (end === -1) throw new StrictJsonError('not valid JSON')
    let backslashes = 0
    while (text[end - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return end
  }
}
