import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { MonitorError } from '../errors.ts'
import type { AlertSink } from '../ports/alert-sink.ts'

/** Options of {@link fileSink}. */
export interface FileSinkOptions {
  /** Default `file`. */
  readonly name?: string | undefined
  /** The file; its folder must be there. */
  readonly path: string
  /** Permissions of a file that is made. Default `0o600`. */
  readonly mode?: number | undefined
}

interface Waiting {
  readonly line: string
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

const newline = 0x0a

/**
 * Appends each alert as a line of JSON, and calls it delivered when it is on the disk; what comes at once is synchronised
 * at once. The file is opened anew each time: it may be moved away or deleted by who rotates it. The line of a write that
 * was cut off is ended before the next one, so that it costs no other.
 */
export function fileSink({ name = 'file', path, mode = 0o600 }: FileSinkOptions): AlertSink {
  let waiting: Waiting[] = []
  let last = Promise.resolve()
  const writeBatch = async (): Promise<void> => {
    const batch = waiting
    waiting = []
    if (batch.length === 0) return
    try {
      await append(path, mode, batch.map(({ line }) => line).join(''))
      for (const { resolve } of batch) resolve()
    } catch (error) {
      for (const { reject } of batch) reject(toSinkError(name, error))
    }
  }
  return {
    name,
    async send(alert, { signal }) {
      signal.throwIfAborted()
      const written = new Promise<void>((resolve, reject) => {
        waiting.push({ line: `${JSON.stringify(alert)}\n`, resolve, reject })
      })
      last = last.then(writeBatch)
      await written
    },
  }
}

async function append(path: string, mode: number, text: string): Promise<void> {
  const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT
  const file = await open(path, flags, mode)
  try {
    const { size } = await file.stat()
    await file.appendFile((await endsCleanly(file, size)) ? text : `\n${text}`)
    await file.sync()
    if (size === 0) await syncFolder(dirname(path))
  } finally {
    await file.close()
  }
}

async function endsCleanly(file: FileHandle, size: number): Promise<boolean> {
  if (size === 0) return true
  const { buffer, bytesRead } = await file.read(Buffer.alloc(1), 0, 1, size - 1)
  return bytesRead === 0 || buffer[0] === newline
}

/** Makes the name of a new file last, where folders can be synchronised. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined)
  try {
    await folder?.sync().catch(() => undefined)
  } finally {
    await folder?.close()
  }
}

function toSinkError(name: string, error: unknown): MonitorError {
  const { code } = error as { readonly code?: unknown }
  return new MonitorError('SINK_FAILED', `${name}: the file could not be written (${String(code)})`, {
    subject: name,
    retryable: true,
    cause: error,
  })
}
