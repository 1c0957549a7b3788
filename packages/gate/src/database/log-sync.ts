import { closeSync, fdatasync, openSync } from 'node:fs'
import { promisify } from 'node:util'

/** Brings a write-ahead log to the disk, outside of the event loop. */
export interface LogSync {
  /**
   * Resolves once all that was written before the call is on the disk. Those who call meanwhile share the next one. Once it
   * has failed it always rejects: what the system holds may differ from what is on the disk, and only opening the file
   * again tells.
   */
  settle(): Promise<void>
  close(): void
}

const sync = promisify(fdatasync)

/**
 * Opens the write-ahead log of a SQLite file that stays open until {@link LogSync.close}. SQLite has no locks on a log, so
 * that closing it again takes none away, and removes it only with its last connection.
 */
export function openLogSync(path: string): LogSync {
  // Windows flushes only what may be written.
  const file = openSync(`${path}-wal`, 'r+')
  let current: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  const begin = async (): Promise<void> => {
    await current
    next = undefined
    current = sync(file)
    await current
  }
  return {
    settle: () => (next ??= begin()),
    close: () => closeSync(file),
  }
}
