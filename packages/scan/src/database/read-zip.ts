import type { Readable } from 'node:stream'
import type { Entry, ZipFile } from 'yauzl'
import { ScanError } from '../errors.ts'

/** One file of an archive. */
export interface ZippedFile {
  readonly path: string
  readonly bytes: Uint8Array
  readonly storedAt: Date
}

/** Options of {@link readZip}. */
export interface ReadZipOptions {
  /** Names the archive in messages. */
  readonly name: string
  /** Largest file, decompressed. */
  readonly maxRecordBytes: number
  readonly signal?: AbortSignal | undefined
}

/**
 * The `.json` files of an archive, one after another, each checked against the length that the archive states. Another
 * file in it is an error: what is not read could be advisories.
 *
 * @throws {ScanError} `ADVISORIES_INVALID` for a broken, encrypted or unreadable archive, naming the entry.
 * @throws {ScanError} `LIMIT_EXCEEDED` for a file above `maxRecordBytes`, before it is read.
 */
export async function* readZip(
  archive: string,
  { name, maxRecordBytes, signal }: ReadZipOptions,
): AsyncGenerator<ZippedFile> {
  const zip = await openZip(archive, name)
  try {
    for (;;) {
      signal?.throwIfAborted()
      const entry = await nextEntry(zip, name)
      if (entry === undefined) return
      const path = entry.fileName
      if (path.endsWith('/')) continue
      if (!path.endsWith('.json')) throw invalid(`${name}, ${path}`, 'no .json file')
      if (entry.uncompressedSize > maxRecordBytes) {
        throw new ScanError(
          'LIMIT_EXCEEDED',
          `${name}, ${path}: ${entry.uncompressedSize} bytes, at most ${maxRecordBytes} allowed`,
        )
      }
      const bytes = await readEntry(zip, entry, `${name}, ${path}`)
      yield { path, bytes, storedAt: entry.getLastModDate({ timezone: 'UTC' }) }
    }
  } finally {
    zip.close()
  }
}

async function openZip(path: string, name: string): Promise<ZipFile> {
  const { open } = await import('yauzl')
  return new Promise((resolve, reject) => {
    open(path, { lazyEntries: true, autoClose: false }, (error, zip) => {
      if (error === null) resolve(zip)
      else reject(invalid(name, error.message, error))
    })
  })
}

function nextEntry(zip: ZipFile, name: string): Promise<Entry | undefined> {
  return new Promise((resolve, reject) => {
    const settle = (action: () => void): void => {
      zip.off('entry', onEntry).off('end', onEnd).off('error', onError)
      action()
    }
    const onEntry = (entry: Entry): void => settle(() => resolve(entry))
    const onEnd = (): void => settle(() => resolve(undefined))
    const onError = (error: Error): void => settle(() => reject(invalid(name, error.message, error)))
    zip.on('entry', onEntry).on('end', onEnd).on('error', onError)
    zip.readEntry()
  })
}

async function readEntry(zip: ZipFile, entry: Entry, where: string): Promise<Uint8Array> {
  try {
    const stream = await new Promise<Readable>((resolve, reject) => {
      zip.openReadStream(entry, (error, opened) => (error === null ? resolve(opened) : reject(error)))
    })
    const chunks: Uint8Array[] = []
    // the stream fails by itself at a byte more or less than the archive states
    for await (const chunk of stream) chunks.push(chunk as Uint8Array)
    return Buffer.concat(chunks)
  } catch (cause) {
    throw invalid(where, (cause as Error).message, cause)
  }
}

function invalid(where: string, why: string, cause?: unknown): ScanError {
  return new ScanError('ADVISORIES_INVALID', `${where}: ${why.slice(0, 200)}`, { cause })
}
