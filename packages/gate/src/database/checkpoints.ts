import { Worker } from 'node:worker_threads'

/** Moves what is in the write-ahead log of a SQLite file into the file, in a thread of its own. */
export interface Checkpoints {
  /** Notes that something was written; after some of that there is a checkpoint. */
  note(): void
  close(): Promise<void>
}

const writesBetween = 100

// A string, so that no bundler has to know of it. What is busy now is moved the next time.
const program = `
const { parentPort, workerData } = require('node:worker_threads')
const { DatabaseSync } = require('node:sqlite')
const database = new DatabaseSync(workerData)
database.exec('PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0')
parentPort.on('message', () => {
  try {
    database.exec('PRAGMA wal_checkpoint(PASSIVE)')
  } catch {}
  parentPort.postMessage('done')
})`

/**
 * Whether a version of SQLite can have checkpoints beside a connection that writes. Before 3.51.3 one that began while the
 * log was started anew could take what was written there for moved, and it was lost: https://www.sqlite.org/wal.html,
 * "The WAL-Reset Bug". Node.js 22.22 has such a version.
 */
export function canCheckpointBeside(version: string): boolean {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number)
  return major > 3 || (major === 3 && (minor > 51 || (minor === 51 && patch >= 3)))
}

/** The thread is started when it is first needed. `onFailure` is called once when there can't be one. */
export function openCheckpoints(path: string, { onFailure }: { onFailure: () => void }): Checkpoints {
  let worker: Worker | undefined
  let isBusy = false
  let isClosed = false
  let writes = 0
  const start = (): Worker => {
    const made = new Worker(program, { eval: true, workerData: path, execArgv: [] })
    made.on('message', () => (isBusy = false))
    // It stays busy then.
    made.on('error', onFailure)
    made.unref()
    return made
  }
  return {
    note() {
      writes++
      if (writes < writesBetween || isBusy || isClosed) return
      writes = 0
      isBusy = true
      try {
        worker ??= start()
        // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, no window
        worker.postMessage('checkpoint')
      } catch {
        // Node's permission model may allow no threads.
        onFailure()
      }
    },
    async close() {
      isClosed = true
      await worker?.terminate()
    },
  }
}
