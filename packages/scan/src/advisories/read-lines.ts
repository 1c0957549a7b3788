import { ScanError } from '../errors.ts'

/** Text as a whole, or as it comes from a file or a response. */
export type TextSource = string | Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

/** One line and where it stands, counted from 1. */
export interface Line {
  readonly text: string
  readonly number: number
}

/** Longest line that is read, in characters. */
const maxLineLength = 4 * 1024 * 1024

/**
 * Decodes UTF-8 piece by piece.
 *
 * @throws {ScanError} `ADVISORIES_INVALID` when it is no UTF-8, `LIMIT_EXCEEDED` past `maxBytes`.
 */
export async function* readText(
  input: TextSource,
  source: string,
  maxBytes: number,
): AsyncGenerator<string, void> {
  if (typeof input === 'string') {
    if (Buffer.byteLength(input) > maxBytes) throw tooLarge(source, maxBytes)
    yield input.replace(/^\uFEFF/, '')
    return
  }
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let bytes = 0
  for await (const chunk of input instanceof Uint8Array ? [input] : input) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) throw tooLarge(source, maxBytes)
    yield decode(decoder, source, chunk)
  }
  yield decode(decoder, source)
}

function decode(decoder: InstanceType<typeof TextDecoder>, source: string, chunk?: Uint8Array): string {
  try {
    return chunk === undefined ? decoder.decode() : decoder.decode(chunk, { stream: true })
  } catch (cause) {
    throw new ScanError('ADVISORIES_INVALID', `${source}: not UTF-8 text`, { cause })
  }
}

function tooLarge(source: string, maxBytes: number): ScanError {
  return new ScanError('LIMIT_EXCEEDED', `${source}: more than ${maxBytes} bytes`)
}

/**
 * Splits text into lines, without their ends.
 *
 * @throws {ScanError} as {@link readText}, and `LIMIT_EXCEEDED` for a line of more than 4 Mi characters.
 */
export async function* readLines(
  input: TextSource,
  source: string,
  maxBytes: number,
): AsyncGenerator<Line, void> {
  let rest = ''
  let number = 0
  for await (const text of readText(input, source, maxBytes)) {
    const lines = (rest + text).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > maxLineLength)
      throw new ScanError('LIMIT_EXCEEDED', `${source}, line ${number + lines.length + 1}: too long`)
    for (const line of lines) yield { text: line.replace(/\r$/, ''), number: ++number }
  }
  if (rest !== '') yield { text: rest, number: ++number }
}
