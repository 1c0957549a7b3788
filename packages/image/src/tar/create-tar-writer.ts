import { encodeTarHeader, type TarHeaderInput } from './encode-header.ts'
import { blockSize, paddedSize } from './tar-header.ts'

/** An entry with its content, for {@link createTarWriter}. */
export interface TarWriterEntry extends Omit<TarHeaderInput, 'size'> {
  /** Content of a regular file. Default none. */
  readonly data?: Uint8Array | string | undefined
}

/** Collects a small archive in memory. */
export interface TarWriter {
  /** Adds an entry; a file without `mode` gets 0644, a directory 0755, a symbolic link 0777. */
  add(entry: TarWriterEntry): TarWriter
  /** The whole archive with its end mark. */
  finish(): Uint8Array
}

/** Ends an archive. */
export const tarEnd: Uint8Array = new Uint8Array(2 * blockSize)

/** Creates a writer of archives that fit in memory, e.g. to build layers of a few files. Same entries, same bytes. */
export function createTarWriter(): TarWriter {
  const parts: Uint8Array[] = []
  const writer: TarWriter = {
    add({ data, ...entry }) {
      const content = typeof data === 'string' ? Buffer.from(data) : (data ?? new Uint8Array())
      const size = entry.type === 'file' ? content.length : 0
      parts.push(encodeTarHeader({ ...entry, mode: entry.mode ?? defaultMode(entry.type), size }))
      if (size > 0) parts.push(content, new Uint8Array(paddedSize(size) - size))
      return writer
    },
    finish: () => Buffer.concat([...parts, tarEnd]),
  }
  return writer
}

function defaultMode(type: TarHeaderInput['type']): number {
  switch (type) {
    case 'directory':
      return 0o755
    case 'symlink':
      return 0o777
    default:
      return 0o644
  }
}
