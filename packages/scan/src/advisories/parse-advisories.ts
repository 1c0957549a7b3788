import { z } from 'zod'
import { ScanError } from '../errors.ts'
import { type OsvRecord, osvRecordSchema } from './osv.schema.ts'

/** Options of {@link parseAdvisories}. */
export interface ParseAdvisoriesOptions {
  /** Name of the file or address that the text came from; part of every message. */
  readonly source: string
  /** Largest text in bytes. Default 512 MiB. */
  readonly maxBytes?: number | undefined
  /** Most records. Default 1,000,000. */
  readonly maxRecords?: number | undefined
}

/**
 * Reads OSV records: a JSON array of them, one of them, JSON Lines, or values that were parsed already. An empty text
 * or list gives an empty list; whoever matches with it must refuse that.
 *
 * @throws {ScanError} `ADVISORIES_INVALID` naming source, line or position, record id and field.
 * @throws {ScanError} `LIMIT_EXCEEDED` when the text or the number of records is larger than allowed.
 */
export function parseAdvisories(
  input: string | Uint8Array | unknown,
  { source, maxBytes = 512 * 1024 * 1024, maxRecords = 1_000_000 }: ParseAdvisoriesOptions,
): readonly OsvRecord[] {
  const values = isText(input) ? readText(input, source, maxBytes) : readValue(input, source)
  if (values.length > maxRecords) {
    throw new ScanError(
      'LIMIT_EXCEEDED',
      `${source}: ${values.length} records, at most ${maxRecords} allowed`,
    )
  }
  return values.map(({ value, where }) => readRecord(value, `${source}, ${where}`))
}

interface Located {
  readonly value: unknown
  readonly where: string
}

function isText(input: unknown): input is string | Uint8Array {
  return typeof input === 'string' || input instanceof Uint8Array
}

function readText(input: string | Uint8Array, source: string, maxBytes: number): readonly Located[] {
  const bytes = typeof input === 'string' ? Buffer.byteLength(input) : input.byteLength
  if (bytes > maxBytes) {
    throw new ScanError('LIMIT_EXCEEDED', `${source}: ${bytes} bytes, at most ${maxBytes} allowed`)
  }
  const text = decode(input, source)
  const lines = text.split('\n')
  const first = lines.findIndex((line) => line.trim() !== '')
  if (first === -1) return []
  if (text.trimStart().startsWith('[')) return readValue(parse(text, source), source)
  // JSON Lines when the first line is a whole value; otherwise one record over several lines
  if (isJson(lines[first] ?? '')) {
    return lines.flatMap((line, index) =>
      line.trim() === ''
        ? []
        : [{ value: parse(line, `${source}, line ${index + 1}`), where: `line ${index + 1}` }],
    )
  }
  return readValue(parse(text, source), source)
}

function decode(input: string | Uint8Array, source: string): string {
  if (typeof input === 'string') return input.replace(/^\uFEFF/, '')
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(input)
  } catch (cause) {
    throw new ScanError('ADVISORIES_INVALID', `${source}: not UTF-8 text`, { cause })
  }
}

function readValue(value: unknown, source: string): readonly Located[] {
  if (Array.isArray(value)) {
    return value.map((entry: unknown, index) => ({ value: entry, where: `record ${index + 1}` }))
  }
  if (typeof value === 'object' && value !== null) return [{ value, where: 'record 1' }]
  throw new ScanError('ADVISORIES_INVALID', `${source}: expected OSV records, got ${typeof value}`)
}

function isJson(line: string): boolean {
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new ScanError(
      'ADVISORIES_INVALID',
      `${where}: not JSON: ${(cause as Error).message.slice(0, 200)}`,
      {
        cause,
      },
    )
  }
}

/**
 * Reads one value as a record; `where` starts the message.
 *
 * @throws {ScanError} `ADVISORIES_INVALID`
 */
export function readRecord(value: unknown, where: string): OsvRecord {
  const result = osvRecordSchema.safeParse(value)
  if (result.success) return result.data
  const id = typeof value === 'object' && value !== null ? (value as { id?: unknown }).id : undefined
  const name = typeof id === 'string' ? ` (${id.slice(0, 80)})` : ''
  const problem = z.prettifyError(result.error).split('\n').slice(0, 4).join(' ').slice(0, 400)
  throw new ScanError('ADVISORIES_INVALID', `${where}${name}: ${problem}`)
}
