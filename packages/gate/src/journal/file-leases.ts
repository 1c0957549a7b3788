import { createHash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { isBusy, toGateError } from '../database/sqlite-error.ts'
import type { Leases } from '../ports/leases.ts'

/**
 * Leases among all processes of a machine that name the same folder. Each is a lock on an empty SQLite file, which the
 * operating system takes back when the process ends, however it ends. The files stay: removing one could split a lease.
 */
export function fileLeases(directory: string): Leases & AsyncDisposable {
  const held = new Set<DatabaseSync>()
  return {
    async acquire(resource) {
      const name = join(directory, `${createHash('sha256').update(resource).digest('hex')}.lock`)
      let lock: DatabaseSync | undefined
      try {
        mkdirSync(directory, { recursive: true })
        lock = new DatabaseSync(name, { timeout: 0 })
        lock.exec('BEGIN EXCLUSIVE')
      } catch (cause) {
        lock?.close()
        if (isBusy(cause)) return undefined
        throw toGateError(cause, name)
      }
      const own = lock
      held.add(own)
      return {
        async [Symbol.asyncDispose]() {
          if (held.delete(own)) own.close()
        },
      }
    },
    async [Symbol.asyncDispose]() {
      for (const lock of held) lock.close()
      held.clear()
    },
  }
}
