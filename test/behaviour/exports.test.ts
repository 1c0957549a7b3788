import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { analyzeUsage } from '@sallyport/harden'
import { createInventory } from '@sallyport/inventory'
import {
  type ApprovedProfile,
  exportAppArmorProfile,
  exportSeccompProfile,
  toUsageEvidence,
} from '@sallyport/runtime/behaviour'
import { requireTool } from '@sallyport/test-tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { learnImage, saturationOf } from './learn-image.ts'
import { openWatchedImage, type WatchedImage } from './watched-image.ts'

const run = promisify(execFile)
let directory: string
let watched: WatchedImage
let profile: ApprovedProfile
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-behaviour-'))
  watched = await openWatchedImage('redis', directory)
  profile = (await learnImage(watched)).profile
})
afterAll(async () => {
  await watched?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

describe('the profile of redis', () => {
  it('tells the hardener what is executed and loaded, and what was never used', async () => {
    const evidence = toUsageEvidence(profile, watched.digest)
    expect(evidence.coverage).toBe('complete')
    const inventory = await createInventory(watched.image)
    const { packages, coverage } = await analyzeUsage(watched.image, inventory, { evidence: [evidence] })
    expect(coverage).toBe('complete')
    const usageOf = (name: string) =>
      packages[inventory.packages.findIndex((found) => found.name === name)]?.usage
    expect(usageOf('redis-tools')).toBe('executed')
    expect(usageOf('libssl3')).toBe('loaded')
    expect(usageOf('apt')).toBe('present')
  })

  it('as a seccomp profile lets the image do what it does, and nothing else', async () => {
    const seccomp = join(directory, 'seccomp.json')
    await writeFile(
      seccomp,
      JSON.stringify(
        exportSeccompProfile(profile, { architectures: ['amd64'], saturation: saturationOf(watched) }),
      ),
    )
    const filtered = (...words: readonly string[]) =>
      run('python3', [
        fileURLToPath(new URL('run-filtered.py', import.meta.url)),
        seccomp,
        watched.rootDirectory,
        ...words,
      ])
    expect((await filtered('/usr/bin/redis-server', '--version')).stdout).toContain('Redis server')
    // chroot(2), which root may without the filter, and the image never does.
    const escape = ['/usr/sbin/chroot', '/', '/usr/bin/true']
    await run('chroot', [watched.rootDirectory, ...escape])
    await expect(filtered(...escape)).rejects.toThrow('Operation not permitted')
    await filtered('/usr/bin/true')
  })

  it('as an AppArmor profile is one that apparmor_parser takes', async () => {
    const file = join(directory, 'apparmor')
    const text = exportAppArmorProfile(profile, {
      name: 'redis',
      capabilities: ['CAP_SETUID'],
      resolve: (path) => watched.image.tree.resolve(path)?.path,
    })
    const parser = requireTool('apparmor')
    await writeFile(file, text)
    // Without loading it: no kernel with AppArmor is needed.
    await run(parser, ['--skip-kernel-load', '--skip-cache', file])
    expect(text).toMatch(/"\/usr\/bin\/redis-check-rdb" mrix|"\/usr\/bin\/redis-server" mrix/)
    await writeFile(file, text.replace('mrix,', 'mrqx,'))
    await expect(run(parser, ['--skip-kernel-load', '--skip-cache', file])).rejects.toThrow(
      /syntax|AppArmor/i,
    )
  })
})
