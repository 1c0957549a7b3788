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
  /** Ends it once those who called have their answer; who calls from then on is rejected. */
  close(): Promise<void>
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
  let isClosed = false
  const begin = async (): Promise<void> => {
    await current
    next = undefined
    current = sync(file)
    await current
  }
  const settle = (): Promise<void> => (next ??= begin())
  return {
    // The number of a closed file may be that of another one by now, which says nothing about this one.
    settle: () => (isClosed ? Promise.reject(new Error('the write-ahead log is closed')) : settle()),
    async close() {
      if (isClosed) return
      isClosed = true
      await settle().catch(() => undefined)
      closeSync(file)
    },
  }
}
