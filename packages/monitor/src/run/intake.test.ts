import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { RegistryEvent } from '../event/registry-event.ts'
import { sqliteMonitorState } from '../state/sqlite-monitor-state.ts'
import { openIntake } from './intake.ts'

const eventOf = (number: number): RegistryEvent => ({
  id: `event ${number}`,
  source: 'log',
  time: '2026-11-26T12:00:00.000Z',
  action: 'push',
  actor: { kind: 'unknown' },
  registry: 'registry.example',
  repository: 'prod/app',
  tag: '1',
})

describe('openIntake', () => {
  it('keeps what comes at the same time in one go, in order, and answers for none of it before', async () => {
    const kept: string[][] = []
    const { promise: disk, resolve: write } = Promise.withResolvers<void>()
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    const intake = openIntake(async (events) => {
      kept.push(events.map(({ id }) => id))
      begin()
      await disk
    })
    let answers = 0
    const all = Array.from({ length: 100 }, async (_, number) => {
      await intake.take([eventOf(number)])
      answers++
    })
    await begun
    await new Promise((resolve) => setImmediate(resolve))
    expect([answers, kept.length]).toEqual([0, 1])
    write()
    await Promise.all(all)
    expect(kept).toEqual([Array.from({ length: 100 }, (_, number) => `event ${number}`)])
  })

  it('tells those whose events could not be kept, and nobody else', async () => {
    let isFull = true
    const kept: string[] = []
    const intake = openIntake(async (events) => {
      if (isFull) throw new Error('no space')
      kept.push(...events.map(({ id }) => id))
    })
    const first = [intake.take([eventOf(1)]), intake.take([eventOf(2)])]
    const failed = await Promise.allSettled(first)
    isFull = false
    await intake.take([eventOf(3)])
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    expect(kept).toEqual(['event 3'])
  })
})

describe('a process that is killed while it takes events', () => {
  const program = fileURLToPath(new URL('ingest-and-die.fixture.ts', import.meta.url))

  it.each([1, 40, 700])('has kept all %i that it answered for', { timeout: 60_000 }, async (answers) => {
    const folder = mkdtempSync(join(tmpdir(), 'sallyport-intake-'))
    try {
      const path = join(folder, 'monitor.db')
      const { signal, stderr } = spawnSync(
        process.execPath,
        ['--conditions=@sallyport/source', program, path, String(answers)],
        { encoding: 'utf8' },
      )
      expect({ signal, stderr: signal === null ? stderr : '' }).toEqual({ signal: 'SIGKILL', stderr: '' })
      const answered = readFileSync(`${path}.answered`, 'utf8').trim().split('\n')
      expect(answered).toHaveLength(answers)
      await using state = sqliteMonitorState(path)
      const due = await state.due({ now: new Date(Date.now() + 60_000), limit: 100_000 })
      const kept = new Set(due.map(({ event }) => event.id))
      expect(answered.filter((id) => !kept.has(id))).toEqual([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
