import { createReadStream } from 'node:fs'
import { lstat, opendir } from 'node:fs/promises'
import { join, relative } from 'node:path'
import type { OsvRecord } from '../advisories/osv.schema.ts'
import { readRecord } from '../advisories/parse-advisories.ts'
import { ScanError } from '../errors.ts'
import { readLimited } from '../internal/read-limited.ts'
import { splitLines } from '../internal/split-lines.ts'
import type { AdvisoryInput } from './advisory-input.ts'
import { readZip } from './read-zip.ts'

/** A record, where it stands, and what is known of its age beyond its own fields. */
export interface ReadInputRecord {
  readonly record: OsvRecord
  /** Source and position, for messages. */
  readonly where: string
  /** Length of its text in bytes; 0 where there was none. */
  readonly bytes: number
  /** When it was put where it stands, as far as that tells the age of the data. */
  readonly storedAt?: Date | undefined
}

const maxDepth = 64

/**
 * The records of an input, one after another.
 *
 * @throws {ScanError} `ADVISORIES_INVALID` naming source and position, also when it can't be read.
 * @throws {ScanError} `LIMIT_EXCEEDED` for a record above `maxRecordBytes`.
 */
export async function* readInput(
  input: AdvisoryInput,
  maxRecordBytes: number,
  signal?: AbortSignal,
): AsyncGenerator<ReadInputRecord> {
  const { name } = input
  switch (input.kind) {
    case 'zip':
      for await (const { path, bytes, storedAt } of readZip(input.path, { name, maxRecordBytes, signal })) {
        const where = `${name}, ${path}`
        yield { record: readRecord(parseJson(bytes, where), where), where, bytes: bytes.length, storedAt }
      }
      return
    case 'directory':
      for await (const path of findJson(input.path, name, 0)) {
        const where = `${name}, ${relative(input.path, path)}`
        const bytes = await reading(where, () => readLimited(path, maxRecordBytes))
        yield { record: readRecord(parseJson(bytes, where), where), where, bytes: bytes.length }
      }
      return
    case 'jsonl': {
      const { content } = input
      const chunks = typeof content === 'string' ? createReadStream(content, { signal }) : content
      const lines = splitLines(chunks, {
        source: name,
        invalid: 'ADVISORIES_INVALID',
        maxLineBytes: maxRecordBytes,
      })
      let number = 0
      try {
        for await (const line of lines) {
          const where = `${name}, line ${++number}`
          if (line.trim() === '') continue
          yield { record: readRecord(parseJson(line, where), where), where, bytes: Buffer.byteLength(line) }
        }
      } catch (cause) {
        throw typeof content === 'string' && isSystemError(cause) ? unreadable(name, cause) : cause
      }
      return
    }
    case 'records': {
      let number = 0
      for await (const record of input.records) {
        const where = `${name}, record ${++number}`
        yield { record: readRecord(record, where), where, bytes: 0 }
      }
    }
  }
}

async function* findJson(directory: string, name: string, depth: number): AsyncGenerator<string> {
  if (depth > maxDepth)
    throw new ScanError('LIMIT_EXCEEDED', `${name}: folders nested above ${maxDepth} deep`)
  const entries = await reading(name, async () => {
    if (!(await lstat(directory)).isDirectory())
      throw new ScanError('ADVISORIES_INVALID', `${name}: no folder`)
    return opendir(directory)
  })
  for await (const entry of entries) {
    const path = join(directory, entry.name)
    if (entry.isDirectory()) yield* findJson(path, name, depth + 1)
    else if (entry.isFile() && entry.name.endsWith('.json')) yield path
  }
}

function parseJson(content: string | Uint8Array, where: string): unknown {
  try {
    const text =
      typeof content === 'string' ? content : new TextDecoder('utf-8', { fatal: true }).decode(content)
    return JSON.parse(text)
  } catch (cause) {
    const why = (cause as Error).message.slice(0, 200)
    throw new ScanError('ADVISORIES_INVALID', `${where}: not JSON: ${why}`, { cause })
  }
}

async function reading<T>(where: string, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation()
  } catch (cause) {
    throw isSystemError(cause) ? unreadable(where, cause) : cause
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).syscall === 'string'
}

function unreadable(where: string, cause: NodeJS.ErrnoException): ScanError {
  return new ScanError('ADVISORIES_INVALID', `${where}: cannot be read (${cause.code})`, { cause })
}
