import { type Database, openSqlite } from '@sallyport/gate/database'
import { pushImage } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import type { AuditRecord } from '../audit-record.ts'
import type { AuditSummary } from '../audit-report.ts'
import { openAuditState, type AuditState } from '../state/audit-state.ts'
import { auditSchema } from '../state/audit-schema.ts'
import { fillRegistry, imageOf, openTestBed, rolesOf, type TestBed } from './audit-test.fixture.ts'

/** What has to be equal, however often an audit was interrupted. */
function comparable(summary: AuditSummary): AuditSummary {
  return { ...summary, requests: 0 }
}

async function recordsOf(state: AuditState, id: string): Promise<readonly AuditRecord[]> {
  const records: AuditRecord[] = []
  for await (const record of state.archive.records(id)) records.push(record)
  return records
}

/** A state whose process dies at a commit, before or after it reaches the disk. */
function dyingState(
  database: Database,
  isDeadAt: (commit: number) => 'before' | 'after' | undefined,
): AuditState {
  let commits = 0
  return openAuditState({
    ...database,
    async transaction(work) {
      const moment = isDeadAt(++commits)
      if (moment === 'before') throw new Error('killed')
      const value = await database.transaction(work)
      if (moment === 'after') throw new Error('killed')
      return value
    },
  })
}

async function expected(bed: TestBed): Promise<readonly [AuditSummary, readonly AuditRecord[]]> {
  const summary = await bed.run()
  return [summary, await bed.records(summary.id)]
}

describe('an interrupted audit', () => {
  it.each(['before', 'after'] as const)(
    'that dies %s any of its commits ends with the same records when it is run again',
    async (moment) => {
      await using bed = await openTestBed({ referrersApi: false })
      await fillRegistry(bed)
      const [summary, records] = await expected(bed)
      for (let at = 1, finished = false; !finished; at++) {
        await using database = openSqlite(':memory:', auditSchema)
        const state = dyingState(database, (commit) => (commit === at ? moment : undefined))
        const first = await bed.run({ state }).catch((error: unknown) => error)
        finished = !(first instanceof Error)
        if (!finished) expect(first).toMatchObject({ message: 'killed' })
        const again = finished ? (first as AuditSummary) : await bed.run({ state: openAuditState(database) })
        expect(comparable(again)).toEqual(comparable(summary))
        expect(await recordsOf(openAuditState(database), again.id)).toEqual(records)
        expect(at).toBeLessThan(100)
      }
    },
    120_000,
  )

  it('that dies at its fourth commit each time gets to its end', async () => {
    await using bed = await openTestBed()
    await fillRegistry(bed)
    const [summary, records] = await expected(bed)
    await using database = openSqlite(':memory:', auditSchema)
    for (let tries = 1; ; tries++) {
      const state = dyingState(database, (commit) => (commit === 4 ? 'before' : undefined))
      const result = await bed.run({ state, concurrency: 1 }).catch((error: unknown) => error)
      if (result instanceof Error) {
        expect(tries).toBeLessThan(100)
        continue
      }
      expect(tries).toBeGreaterThan(3)
      expect(comparable(result as AuditSummary)).toEqual(comparable(summary))
      expect(await recordsOf(state, summary.id)).toEqual(records)
      break
    }
  })

  it('that is aborted at any request rejects with the reason, and goes on', async () => {
    await using bed = await openTestBed()
    await fillRegistry(bed)
    const [summary, records] = await expected(bed)
    const total = summary.requests
    for (let at = 1; at < total; at += 5) {
      await using database = openSqlite(':memory:', auditSchema)
      const state = openAuditState(database)
      const controller = new AbortController()
      let seen = 0
      bed.registry.setRequestHook(() => {
        if (++seen === at) controller.abort(new Error(`stop at ${at}`))
        return undefined
      })
      await expect(bed.run({ state, signal: controller.signal })).rejects.toThrow(`stop at ${at}`)
      bed.registry.setRequestHook(undefined)
      const again = await bed.run({ state })
      expect(comparable(again)).toEqual(comparable(summary))
      expect(await recordsOf(state, again.id)).toEqual(records)
    }
  }, 120_000)

  it('takes up again under new terms what was judged under others', async () => {
    await using bed = await openTestBed()
    for (const name of ['a', 'b', 'c']) await pushImage(bed.repository(name), imageOf(name), '1')
    const controller = new AbortController()
    await expect(
      bed.run({
        signal: controller.signal,
        concurrency: 1,
        onProgress: ({ type }) => type === 'repository-audited' && controller.abort(new Error('stop')),
      }),
    ).rejects.toThrow('stop')
    expect(bed.classifier.calls.length).toBeLessThan(3)
    bed.classifier.calls.length = 0
    const { examined } = await bed.run({
      terms: { tier: 'dev', signers: { keys: ['other'] }, decision: false },
    })
    expect(examined).toBe(3)
    expect(bed.classifier.calls).toHaveLength(3)
  })

  it('is begun anew when it is too old, and its work is dropped', async () => {
    await using bed = await openTestBed()
    await pushImage(bed.repository('a'), imageOf('a'), '1')
    await expect(bed.run({ maxRequests: 1 })).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' })
    bed.clock.time += 25 * 60 * 60 * 1000
    const { id } = await bed.run()
    const audits = await bed.state.archive.audits()
    expect(audits.map((audit) => [audit.id, audit.finishedAt !== undefined])).toEqual([
      [id, true],
      ['2026-11-26T12:00:00.000Z', false],
    ])
    for (const table of ['audit_tag', 'audit_node', 'audit_edge'])
      expect(await bed.state.database.query(`SELECT * FROM ${table}`)).toEqual([])
  })
})

describe('a budget', () => {
  it.each([1, 2, 3, 7, 20])('of %d requests a run gets to the end in the end', async (maxRequests) => {
    await using bed = await openTestBed()
    const roles = await fillRegistry(bed)
    bed.registry.clearRequests()
    for (let runs = 1; ; runs++) {
      const before = bed.registry.requests.length
      const result = await bed.run({ maxRequests, concurrency: 1 }).catch((error: unknown) => error)
      if (!(result instanceof Error)) {
        const summary = result as AuditSummary
        expect(rolesOf(await bed.records(summary.id))).toEqual(roles)
        expect(await bed.state.archive.audits()).toHaveLength(1)
        expect(summary.requests).toBe(bed.registry.requests.length)
        break
      }
      expect(result).toMatchObject({ name: 'AuditError', code: 'BUDGET_EXCEEDED', retryable: true })
      // A listing has up to 8 under way, an image some.
      expect(bed.registry.requests.length - before).toBeLessThanOrEqual(maxRequests + 16)
      expect(runs).toBeLessThan(200)
    }
  })

  it('leaves a summary without an end', async () => {
    await using bed = await openTestBed()
    await fillRegistry(bed)
    await expect(bed.run({ maxRequests: 12 })).rejects.toMatchObject({ code: 'BUDGET_EXCEEDED' })
    const [audit] = await bed.state.archive.audits()
    expect(audit).not.toHaveProperty('finishedAt')
    expect(audit!.requests).toBeGreaterThanOrEqual(12)
  })
})
