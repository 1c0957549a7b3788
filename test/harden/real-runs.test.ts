import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { analyzeUsage, hardenImage } from '@sallyport/harden'
import type { UsageEvidence } from '@sallyport/harden/evidence'
import { chrootSmoke, compareSmoke } from '@sallyport/harden/smoke'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRealImage } from './open-real-image.ts'
import { runStrace } from './run-strace.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-runs-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe('chrootSmoke', () => {
  it('finds that nginx answers as before over TLS, and that a command which was not declared is gone', async () => {
    await using opened = await openRealImage('web', directory)
    const { image: before, inventory } = opened
    const service = chrootSmoke({ requests: [{ port: 443, tls: true }], directory })
    const was = await service.run(before)
    expect(was).toMatchObject({ status: 'passed', answers: [{ status: 200 }] })

    const result = await hardenImage(before, inventory, { mode: 'relaxed', smoke: service, directory })
    await using after = result.image!
    expect(compareSmoke(was, await service.run(after))).toEqual({ same: true, differences: [] })
    const undeclared = chrootSmoke({ command: ['/usr/bin/git', '--version'], directory })
    expect(compareSmoke(await undeclared.run(before), await undeclared.run(after)).same).toBe(false)
  })
})

describe('a recording of strace', () => {
  let traced: Awaited<ReturnType<typeof openRealImage>>
  let evidence: UsageEvidence
  beforeAll(async () => {
    traced = await openRealImage('redis', directory)
    const { output, ...recorded } = await runStrace(traced.image, ['redis-cli', '--version'], directory)
    expect(output).toContain('redis-cli')
    evidence = recorded.evidence
  })
  afterAll(() => traced?.image[Symbol.asyncDispose]())

  it('tells what redis-cli ran and loaded, beside what the server needs', async () => {
    expect(evidence.gaps).toEqual([])
    const { image, inventory } = traced
    const { packages, coverage } = await analyzeUsage(image, inventory, { evidence: [evidence] })
    expect(coverage).toBe('complete')
    const usageOf = (name: string) =>
      packages[inventory.packages.findIndex((found) => found.name === name)]?.usage
    expect(usageOf('redis-tools')).toBe('executed')
    expect(usageOf('libssl3')).toBe('loaded')
    expect(usageOf('libc6')).toBe('loaded')
    // It did not run while it was recorded.
    expect(usageOf('redis-server')).toBe('linked')
    expect(usageOf('apt')).toBe('present')
  })

  it('of another image is refused', async () => {
    await using other = await openRealImage('static', directory)
    await expect(analyzeUsage(other.image, other.inventory, { evidence: [evidence] })).rejects.toMatchObject({
      code: 'EVIDENCE_MISMATCH',
    })
  })
})
