import { closeSync, mkdtempSync, openSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openLogSync } from './log-sync.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-log-'))
  writeFileSync(join(folder, 'a.db-wal'), 'log')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('openLogSync', () => {
  it('lets those who come at the same time share one, and begins another for who comes later', async () => {
    const log = openLogSync(join(folder, 'a.db'))
    const first = log.settle()
    expect(log.settle()).toBe(first)
    await new Promise((resolve) => process.nextTick(resolve))
    const second = log.settle()
    expect(second).not.toBe(first)
    await Promise.all([first, second])
    await log.close()
  })

  it('answers those who called before it is closed, and syncs no other file that has its number then', async () => {
    const log = openLogSync(join(folder, 'a.db'))
    const before = log.settle()
    await log.close()
    const others = Array.from({ length: 3 }, () => openSync(join(folder, 'other'), 'w'))
    await expect(before).resolves.toBeUndefined()
    await expect(log.settle()).rejects.toThrow('closed')
    for (const other of others) closeSync(other)
  })

  it('never resolves again once it has failed', async () => {
    // What can't be synced.
    symlinkSync('/dev/null', join(folder, 'b.db-wal'))
    const log = openLogSync(join(folder, 'b.db'))
    for (let times = 0; times < 3; times++) await expect(log.settle()).rejects.toThrow('EINVAL')
    await log.close()
  })
})
