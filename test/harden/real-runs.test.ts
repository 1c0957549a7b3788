import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { analyzeUsage, hardenImage } from '@sallyport/harden'
import { chrootSmoke, compareSmoke } from '@sallyport/harden/smoke'
import { smokeCommands } from '@sallyport/test-images'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openRealImage } from './open-real-image.ts'
import { runStrace } from './run-strace.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-runs-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

describe('chrootSmoke', () => {
  it('finds that nginx answers as before over TLS, and that it does not without a library', async () => {
    const { image, inventory } = await openRealImage('nginx', directory)
    await using before = image
    const smoke = chrootSmoke({
      requests: [
        { port: 443, tls: true },
        { port: 80, path: '/health' },
      ],
      directory,
    })
    const was = await smoke.run(before)
    expect(was.status).toBe('passed')
    expect(was.answers.map(({ status }) => status)).toEqual([200, 200])

    const commands = await smokeCommands('nginx')
    const result = await hardenImage(before, inventory, { mode: 'relaxed', commands, directory })
    await using after = result.image!
    expect(compareSmoke(was, await smoke.run(after))).toEqual({ same: true, differences: [] })
    const without = chrootSmoke({ command: ['/usr/bin/curl', '--version'], directory })
    expect(compareSmoke(await without.run(before), await without.run(after)).same).toBe(false)
  })
})

describe('a recording of strace', () => {
  it('tells what redis-cli ran and loaded; the rest is not known to be used', async () => {
    const { image, inventory } = await openRealImage('redis', directory)
    await using traced = image
    const command = ['redis-cli', '--version']
    const { evidence, output } = await runStrace(traced, command, directory)
    expect(output).toContain('redis-cli')
    expect(evidence.gaps).toEqual([])

    const { packages, coverage } = await analyzeUsage(traced, inventory, { evidence: [evidence] })
    expect(coverage).toBe('complete')
    const usageOf = (name: string) =>
      packages[inventory.packages.findIndex((found) => found.name === name)]?.usage
    expect(usageOf('redis-tools')).toBe('executed')
    expect(usageOf('libssl3')).toBe('loaded')
    expect(usageOf('libc6')).toBe('executed')
    // Its own command was not run while it was recorded.
    expect(['linked', 'possible']).toContain(usageOf('liblua5.1-0'))
    expect(usageOf('apt')).toBe('present')
  })

  it('of another image is refused', async () => {
    const { image, inventory } = await openRealImage('static', directory)
    await using other = image
    const redis = await openRealImage('redis', directory)
    await using traced = redis.image
    const { evidence } = await runStrace(traced, ['redis-cli', '--version'], directory)
    await expect(analyzeUsage(other, inventory, { evidence: [evidence] })).rejects.toMatchObject({
      code: 'EVIDENCE_MISMATCH',
    })
  })
})
