import { ScanError, type ScanErrorCode } from '../errors.ts'

/** Options of {@link splitLines}. */
export interface SplitLinesOptions {
  /** Names the text in messages. */
  readonly source: string
  /** The code for bytes that are no UTF-8 text. */
  readonly invalid: ScanErrorCode
  readonly maxLineBytes: number
}

const lineFeed = 0x0a

/**
 * The lines of a text that comes in pieces, without their ends (`\n` or `\r\n`).
 *
 * @throws {ScanError} `LIMIT_EXCEEDED` for a line above `maxLineBytes`, before more of it is held.
 * @throws {ScanError} `options.invalid` for bytes that are no UTF-8.
 */
export async function* splitLines(
  content: AsyncIterable<Uint8Array>,
  { source, invalid, maxLineBytes }: SplitLinesOptions,
): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let number = 0
  let pieces: Uint8Array[] = []
  let held = 0
  const take = (piece: Uint8Array): void => {
    held += piece.length
    if (held > maxLineBytes) {
      throw new ScanError('LIMIT_EXCEEDED', `${source}, line ${number + 1}: above ${maxLineBytes} bytes`)
    }
    pieces.push(piece)
  }
  const finish = (): string => {
    number++
    const bytes = pieces.length === 1 ? pieces[0] : Buffer.concat(pieces)
    pieces = []
    held = 0
    try {
      return decoder.decode(bytes).replace(/\r$/, '')
    } catch (cause) {
      throw new ScanError(invalid, `${source}, line ${number}: not UTF-8 text`, { cause })
    }
  }
  for await (const chunk of content) {
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      take(chunk.subarray(start, end))
      yield finish()
      start = end + 1
    }
    if (start < chunk.length) take(chunk.subarray(start))
  }
  if (held > 0) yield finish()
}
