import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { ScanError } from '../errors.ts'
import type { EpssScore } from '../finding.ts'
import { splitLines } from '../internal/split-lines.ts'

/** One day's scores of FIRST's exploit prediction. */
export interface EpssScores {
  /** The day of the scores, ISO 8601. */
  readonly updatedAt: string
  /** E.g. `v2025.03.14`. */
  readonly modelVersion: string
  /** Scores by CVE. */
  readonly scores: ReadonlyMap<string, EpssScore>
}

/** Options of {@link parseEpss}. */
export interface ParseEpssOptions {
  /** Name of the file or address that the bytes came from; part of every message. */
  readonly source: string
  /** Largest text in bytes, decompressed. Default 256 MiB. */
  readonly maxBytes?: number | undefined
  /** Most scores. Default 5,000,000. */
  readonly maxScores?: number | undefined
  /** Ends the reading; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

const headLine =
  /^#model_version:([\w.-]{1,64}),score_date:(\d{4}-\d{2}-\d{2})(?:T[\d:.]{5,15}(?:Z|[+-]\d{2}:?\d{2}))?$/
const columns = 'cve,epss,percentile'
const row = /^(CVE-\d{4}-\d{4,19}),(\d(?:\.\d{1,20})?(?:e-\d{1,2})?),(\d(?:\.\d{1,20})?(?:e-\d{1,2})?)$/

/**
 * Reads the daily CSV of scores, gzip-compressed as it is published, or plain. It is read as a stream; a line that is
 * no score, a score twice, or no score at all refuses the whole.
 *
 * @throws {ScanError} `FEED_INVALID` naming source and line.
 * @throws {ScanError} `LIMIT_EXCEEDED` above `maxBytes` or `maxScores`.
 */
export async function parseEpss(
  content: Uint8Array | AsyncIterable<Uint8Array>,
  { source, maxBytes = 256 * 1024 * 1024, maxScores = 5_000_000, signal }: ParseEpssOptions,
): Promise<EpssScores> {
  const invalid = (line: number, why: string): ScanError =>
    new ScanError('FEED_INVALID', `${source}, line ${line}: ${why}`)
  const scores = new Map<string, EpssScore>()
  let head: { readonly modelVersion: string; readonly date: string } | undefined
  let number = 0
  const chunks = limited(decompress(toIterable(content), source), source, maxBytes)
  for await (const line of splitLines(chunks, { source, invalid: 'FEED_INVALID', maxLineBytes: 1024 })) {
    if (++number % 1024 === 1) signal?.throwIfAborted()
    if (number === 1) {
      const [, modelVersion, date] = headLine.exec(line) ?? []
      if (modelVersion === undefined || date === undefined || Number.isNaN(Date.parse(date))) {
        throw invalid(1, 'expected "#model_version:…,score_date:…"')
      }
      head = { modelVersion, date }
    } else if (number === 2) {
      if (line !== columns) throw invalid(2, `expected "${columns}"`)
    } else {
      const [, cve, probability, percentile] = row.exec(line) ?? []
      const score = { probability: Number(probability), percentile: Number(percentile), date: head?.date }
      if (cve === undefined || !(score.probability <= 1) || !(score.percentile <= 1)) {
        throw invalid(number, `no score: ${JSON.stringify(line.slice(0, 80))}`)
      }
      if (scores.has(cve)) throw invalid(number, `${cve} stands there twice`)
      if (scores.size >= maxScores)
        throw new ScanError('LIMIT_EXCEEDED', `${source}: above ${maxScores} scores`)
      scores.set(cve, score)
    }
  }
  if (head === undefined || scores.size === 0) throw invalid(number + 1, 'not one score')
  return { updatedAt: `${head.date}T00:00:00Z`, modelVersion: head.modelVersion, scores }
}

async function* toIterable(content: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content
  else yield* content
}

async function* decompress(content: AsyncGenerator<Uint8Array>, source: string): AsyncGenerator<Uint8Array> {
  // the two bytes that tell may come apart
  let start = new Uint8Array()
  while (start.length < 2) {
    const { value, done } = await content.next()
    if (done === true) break
    start = Buffer.concat([start, value])
  }
  const whole = prepend(start, content)
  if (start[0] !== 0x1f || start[1] !== 0x8b) return yield* whole
  const input = Readable.from(whole)
  const gunzip = createGunzip()
  let failure: unknown
  input.on('error', (error) => {
    failure = error
    gunzip.destroy(error)
  })
  try {
    yield* input.pipe(gunzip)
  } catch (cause) {
    if (failure !== undefined) throw failure
    throw new ScanError('FEED_INVALID', `${source}: cannot be decompressed`, { cause })
  } finally {
    input.destroy()
  }
}

async function* prepend(start: Uint8Array, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (start.length > 0) yield start
  yield* rest
}

async function* limited(
  content: AsyncIterable<Uint8Array>,
  source: string,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let received = 0
  for await (const chunk of content) {
    received += chunk.length
    if (received > maxBytes) throw new ScanError('LIMIT_EXCEEDED', `${source}: above ${maxBytes} bytes`)
    yield chunk
  }
}
