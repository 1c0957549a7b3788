import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type RunReport, runPromotions } from './run-promotions.ts'

const promotions = Number(process.env['SALLYPORT_ENGINE_PROMOTIONS'] ?? 500)
const seed = Number(process.env['SALLYPORT_ENGINE_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

let directory: string
let report: RunReport

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-engine-'))
  process.stdout.write(`engine: ${promotions} promotions, seed ${seed}\n`)
  const onStage = (message: string) => process.stdout.write(`engine: ${message}\n`)
  report = await runPromotions({ directory, promotions, workers: 4, seed, killEveryMs: 1_500, onStage })
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe(`${promotions} promotions on four workers that are killed at random`, () => {
  it('workers were killed, and others went on with what they did', () => {
    expect(report.kills).toBeGreaterThanOrEqual(4)
    expect(report.starts).toBeGreaterThan(promotions)
  })

  it('none is lost: each has passed', () => {
    expect(report.promotions.filter(({ result }) => result.verdict !== 'pass')).toEqual([])
    expect(report.promotions).toHaveLength(promotions)
  })

  it('each tag is at the digest that the promotion says, and at that of an undisturbed one', () => {
    const digests = report.promotions.map(({ result }) => result.verdict === 'pass' && result.digest)
    expect(report.promotions.map(({ state }) => state?.digest)).toEqual(digests)
    expect(new Set(digests).size).toBe(promotions)
    expect(report.undisturbed.length).toBeGreaterThan(0)
    for (const { number, state } of report.undisturbed) expect(state?.digest).toBe(digests[number])
  })

  it('the evidence verifies, and each piece is there once', () => {
    const expected = report.undisturbed[0]!.state!
    expect(expected.evidence.length).toBeGreaterThan(4)
    for (const { state } of report.promotions)
      expect({ ...state, digest: '' }).toEqual({ ...expected, digest: '' })
  })

  it('each was done once: one record of its end, one write of its tag', () => {
    const digests = report.promotions.map(({ result }) => result.verdict === 'pass' && result.digest)
    expect(report.promotions.map(({ records }) => records.map(({ target }) => target.digest))).toEqual(
      digests.map((digest) => [digest]),
    )
    expect(report.journaled.filter(({ verdict }) => verdict === 'pass')).toHaveLength(promotions)
    expect(report.journaled).toHaveLength(promotions)
    expect(report.promotions.filter(({ tagWrites }) => tagWrites !== 1)).toEqual([])
  })
})
