import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sqliteJournal } from './sqlite-journal.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-journal-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const key = digestOf('key')
const promotion = {
  key,
  source: 'build.example/app:1',
  sourceDigest: digestOf('source'),
  destination: 'prod.example/app:1',
  tier: 'prod',
  policyDigest: digestOf('policy'),
  startedAt: '2026-11-25T10:00:00.000Z',
}

describe('sqliteJournal', () => {
  it('keeps promotions, steps and evidence across processes', async () => {
    const path = join(directory, 'gate.db')
    {
      await using journal = sqliteJournal(path)
      await journal.begin({ ...promotion, previousDigest: digestOf('old') })
      await journal.recordStep(key, 'resolve', { digest: promotion.sourceDigest })
      await journal.recordStep(key, 'scan', undefined)
      await journal.saveEvidence(key, {
        judgement: digestOf('j'),
        decidedAt: promotion.startedAt,
        documents: '[]',
      })
    }
    await using journal = sqliteJournal(path)
    expect(await journal.list()).toEqual([
      {
        ...promotion,
        lastStartedAt: promotion.startedAt,
        previousDigest: digestOf('old'),
        finishedAt: undefined,
        verdict: undefined,
        targetDigest: undefined,
      },
    ])
    expect(await journal.steps(key)).toEqual([
      { step: 'resolve', output: { digest: promotion.sourceDigest } },
      { step: 'scan', output: null },
    ])
    expect(await journal.findEvidence(key, digestOf('j'))).toMatchObject({ documents: '[]' })
    expect(await journal.findEvidence(key, digestOf('another judgement'))).toBeUndefined()
    expect(await journal.findEvidence(digestOf('another promotion'), digestOf('j'))).toBeUndefined()
  })

  it('remembers the first start, and the latest', async () => {
    await using journal = sqliteJournal(':memory:')
    await journal.begin(promotion)
    await journal.begin({ ...promotion, startedAt: '2026-11-25T11:00:00.000Z' })
    expect(await journal.list()).toMatchObject([
      { startedAt: '2026-11-25T10:00:00.000Z', lastStartedAt: '2026-11-25T11:00:00.000Z' },
    ])
  })

  it('keeps the promoted digest when a later attempt ends in error', async () => {
    await using journal = sqliteJournal(':memory:')
    await journal.begin(promotion)
    await journal.finish(key, {
      finishedAt: promotion.startedAt,
      verdict: 'pass',
      targetDigest: digestOf('t'),
    })
    await journal.finish(key, { finishedAt: promotion.startedAt, verdict: 'error' })
    expect(await journal.list()).toMatchObject([{ verdict: 'error', targetDigest: digestOf('t') }])
  })

  it('lets two processes share a file', async () => {
    const path = join(directory, 'gate.db')
    await using one = sqliteJournal(path)
    await using other = sqliteJournal(path)
    await one.begin(promotion)
    await other.recordStep(key, 'resolve', null)
    expect(await one.steps(key)).toHaveLength(1)
  })

  it('refuses a file that is no journal', async () => {
    const path = join(directory, 'gate.db')
    await writeFile(path, 'this is not a database, and long enough to be read as one'.repeat(20))
    expect(() => sqliteJournal(path)).toThrowError(expect.objectContaining({ code: 'JOURNAL_CORRUPT' }))
  })
})
