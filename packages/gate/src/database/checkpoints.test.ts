import { DatabaseSync } from 'node:sqlite'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { canCheckpointBeside } from './checkpoints.ts'
import { openSqlite } from './sqlite-database.ts'

describe('canCheckpointBeside', () => {
  it.each([
    ['3.51.2', false],
    ['3.50.10', false],
    ['3.51.3', true],
    ['3.53.4', true],
    ['4.0.0', true],
    ['', false],
    ['undefined', false],
  ])('SQLite %s: %s', (version, can) => expect(canCheckpointBeside(version)).toBe(can))
})

describe('a database that syncs in the background', () => {
  const schema = {
    part: 'test',
    version: 1,
    create: () => ['CREATE TABLE kept (number INTEGER PRIMARY KEY, filler TEXT) STRICT'],
    upgrades: {},
  }

  it('has all that was written while checkpoints were made, also beside another connection', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-checkpoints-'))
    try {
      const path = join(folder, 'a.db')
      const filler = 'x'.repeat(20_000)
      const databases = [0, 1].map(() => openSqlite(path, schema, { syncInBackground: true }))
      for (let round = 0; round < 30; round++) {
        const writes = Array.from({ length: 40 }, (_, at) =>
          databases[at % 2]!.query('INSERT INTO kept VALUES ($1, $2)', [round * 40 + at, filler]),
        )
        await Promise.all(writes)
      }
      // What is written while it closes is answered for, or refused.
      const late = databases.map((database, at) => {
        const closed = database[Symbol.asyncDispose]()
        return Promise.all([database.query('INSERT INTO kept VALUES ($1, $2)', [1200 + at, null]), closed])
      })
      await Promise.all(late)
      const database = new DatabaseSync(path, { readOnly: true })
      expect(database.prepare('SELECT count(*) AS count FROM kept').get()).toEqual({ count: 1202 })
      expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
      database.close()
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
