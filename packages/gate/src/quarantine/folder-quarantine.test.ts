import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { QuarantineRecord } from '../ports/quarantine-store.ts'
import { folderQuarantine } from './folder-quarantine.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-quarantine-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const subject = digestOf('image')
const record = (id: string, quarantinedAt = '2026-11-25T10:00:00.000Z'): QuarantineRecord => ({
  id,
  quarantinedAt,
  source: 'build.example/app:1',
  sourceDigest: subject,
  destination: 'prod.example/app:1',
  tier: 'prod',
  decision: {
    schema: 'https://sallyport.dev/schemas/decision/v1',
    verdict: 'fail',
    subject,
    destination: 'prod.example/app:1',
    tier: 'prod',
    policy: { source: 'gate.yaml', digest: digestOf('policy') },
    evaluatedAt: quarantinedAt,
    reasons: [],
    rules: [],
    findings: [],
    waivers: [],
  },
  platforms: [],
  explanation: 'FAIL',
})
const id = (digit: string) => digit.repeat(32)

describe('folderQuarantine', () => {
  it('stores a record once, and keeps the first of an id', async () => {
    const store = folderQuarantine(join(directory, 'deep', 'er'))
    const first = await store.put(record(id('a')))
    const again = await store.put(record(id('a'), '2026-11-26T10:00:00.000Z'))
    expect(again).toEqual(first)
    expect(await store.get(id('a'))).toEqual(first)
    expect(await readdir(join(directory, 'deep', 'er'))).toEqual([`${id('a')}.json`])
  })

  it('lists the latest first, and nothing before the first record', async () => {
    const store = folderQuarantine(directory)
    expect(await folderQuarantine(join(directory, 'none')).list()).toEqual([])
    await store.put(record(id('a'), '2026-11-25T10:00:00.000Z'))
    await store.put(record(id('b'), '2026-11-26T10:00:00.000Z'))
    expect((await store.list()).map((entry) => entry.id)).toEqual([id('b'), id('a')])
  })

  it.each(['../escape', '', 'A'.repeat(32), `${id('a')}/../../x`])(
    'does not take %j for an id',
    async (bad) => {
      const store = folderQuarantine(directory)
      expect(await store.get(bad)).toBeUndefined()
      await expect(store.put(record(bad))).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
    },
  )

  it('keeps one record when many writers store it at once', async () => {
    const store = folderQuarantine(directory)
    const stored = await Promise.all(
      Array.from({ length: 8 }, (_, n) => store.put(record(id('c'), `2026-11-25T10:00:0${n}.000Z`))),
    )
    expect(new Set(stored.map(({ quarantinedAt }) => quarantinedAt)).size).toBe(1)
  })
})
