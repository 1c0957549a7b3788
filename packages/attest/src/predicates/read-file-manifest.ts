import { gunzipSync } from 'node:zlib'
import { type Digest, digestOf, type FileRecord } from '@sallyport/core'
import { AttestError } from '../errors.ts'
import { parseFileLine } from './file-line.ts'
import type { FileManifestPredicate } from './file-manifest.ts'

/** What a file manifest may be large. */
export interface FileManifestLimits {
  /** Default 1,000,000. */
  readonly maxFiles?: number | undefined
  /** Of the list when it is uncompressed. Default 256 MiB. */
  readonly maxBytes?: number | undefined
}

/**
 * Reads the list of a file manifest, sorted by path.
 *
 * @throws {AttestError} `PREDICATE_INVALID` when it is not what it says: another digest or number, a line that is none, paths
 *   that are not sorted or occur twice, or more than the limits.
 */
export function readFileManifest(
  { files: { count, size, digest, content } }: FileManifestPredicate,
  { maxFiles = 1_000_000, maxBytes = 256 * 1024 * 1024 }: FileManifestLimits = {},
): readonly FileRecord[] {
  if (count > maxFiles || size > maxBytes)
    throw invalid(`${count} files in ${size} bytes, more than ${maxFiles} in ${maxBytes}`)
  const bytes = uncompress(content, size)
  if (digestOf(bytes) !== (`sha256:${digest['sha256']}` as Digest))
    throw invalid('the list has another digest')
  const lines = bytes.toString('utf8').split('\n')
  if (lines.pop() !== '' || lines.length !== count) throw invalid(`not ${count} lines`)
  const records: FileRecord[] = []
  for (const [at, line] of lines.entries()) {
    const record = parseFileLine(parseJson(line))
    if (!record) throw invalid(`line ${at + 1} is no file`)
    const before = records.at(-1)
    if (before && before.path >= record.path) throw invalid(`line ${at + 1} is not in order`)
    records.push(record)
  }
  return records
}

function uncompress(content: string, size: number): Buffer {
  try {
    // One more than it may be, so that more is noticed.
    const bytes = gunzipSync(Buffer.from(content, 'base64'), { maxOutputLength: size + 1 })
    if (bytes.length === size) return bytes
  } catch (cause) {
    throw invalid('the list can not be uncompressed', cause)
  }
  throw invalid(`the list has not ${size} bytes`)
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const invalid = (problem: string, cause?: unknown) =>
  new AttestError('PREDICATE_INVALID', `not a valid file manifest 1: ${problem}`, { cause })
