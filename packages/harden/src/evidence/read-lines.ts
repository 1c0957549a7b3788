import { decodeName } from '@sallyport/image'
import { HardenError } from '../errors.ts'
import type { EvidenceLimits, EvidenceSource } from './evidence-source.ts'

/** Options of {@link readLines} and {@link readObjects}. */
export interface ReadTextOptions {
  /** Names the recording in messages. */
  readonly source: string
  /** Bounds on it. */
  readonly limits?: EvidenceLimits | undefined
  /** Ends the reading; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * The lines of a recording, without their ends. Bytes that are no UTF-8 stay what they are, as in names of files.
 *
 * @throws {HardenError} `LIMIT_EXCEEDED` for a recording or a line that is too long.
 */
export async function* readLines(
  content: EvidenceSource,
  { source, limits: { maxBytes = 8 * 1024 ** 3, maxLineBytes = 1024 * 1024 } = {}, signal }: ReadTextOptions,
): AsyncGenerator<string> {
  let pieces: Uint8Array[] = []
  let held = 0
  let total = 0
  let number = 1
  const take = (piece: Uint8Array): void => {
    held += piece.byteLength
    if (held > maxLineBytes)
      throw new HardenError(
        'LIMIT_EXCEEDED',
        `${source}, line ${number}: more than ${maxLineBytes} bytes in one line`,
      )
    pieces.push(piece)
  }
  const finish = (): string => {
    const bytes = pieces.length === 1 ? pieces[0]! : Buffer.concat(pieces)
    pieces = []
    held = 0
    number++
    return decodeName(bytes.at(-1) === carriageReturn ? bytes.subarray(0, -1) : bytes)
  }
  for await (const chunk of chunksOf(content)) {
    signal?.throwIfAborted()
    total += chunk.byteLength
    if (total > maxBytes) throw new HardenError('LIMIT_EXCEEDED', `${source}: more than ${maxBytes} bytes`)
    let start = 0
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, start)) {
      take(chunk.subarray(start, end))
      yield finish()
      start = end + 1
    }
    if (start < chunk.byteLength) take(chunk.subarray(start))
  }
  if (held > 0) yield finish()
}

/**
 * A recording that is one document.
 *
 * @throws {HardenError} `LIMIT_EXCEEDED` when it is longer than `maxDocumentBytes`.
 */
export async function readDocument(
  content: EvidenceSource,
  { source, limits: { maxDocumentBytes = 64 * 1024 * 1024 } = {}, signal }: ReadTextOptions,
): Promise<string> {
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of chunksOf(content)) {
    signal?.throwIfAborted()
    total += chunk.byteLength
    if (total > maxDocumentBytes)
      throw new HardenError('LIMIT_EXCEEDED', `${source}: more than ${maxDocumentBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

async function* chunksOf(content: EvidenceSource): AsyncGenerator<Uint8Array> {
  if (typeof content === 'string') yield Buffer.from(content)
  else if (content instanceof Uint8Array) yield content
  else for await (const chunk of content) yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
}
