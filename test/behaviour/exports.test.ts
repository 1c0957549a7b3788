import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Digest } from '@sallyport/core'
import { analyzeUsage } from '@sallyport/harden'
import { createInventory } from '@sallyport/inventory'
import { decide, parsePolicy } from '@sallyport/policy'
import type { Finding, ScanReport } from '@sallyport/scan'
import {
  type ApprovedProfile,
  type BehaviourProfile,
  exportAppArmorProfile,
  exportSeccompProfile,
  reopenProfile,
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
  profile = await learnImage(watched)
})
afterAll(async () => {
  await watched?.[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const now = new Date('2026-11-25T12:00:00Z')
const policy = parsePolicy(
  `version: 1
tiers:
  prod:
    thresholds:
      - { name: executed, severity: critical, usage: executed, max: 0 }
`,
  { source: 'gate.yaml' },
)
const reportOf = (subject: Digest): ScanReport => ({
  scanner: { name: 'test', version: '1' },
  subject,
  startedAt: now.toISOString(),
  finishedAt: now.toISOString(),
  data: [{ name: 'advisories', updatedAt: now.toISOString() }],
  status: 'complete',
  tells: [],
  gaps: [],
  findings: [],
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

  it('makes rules of a policy about what is executed true', async () => {
    const inventory = await createInventory(watched.image)
    const judge = async (of: BehaviourProfile, name: string) => {
      const evidence = toUsageEvidence(of, watched.digest)
      const { packages, coverage } = await analyzeUsage(watched.image, inventory, { evidence: [evidence] })
      const { purl, type, version } = inventory.packages.find((found) => found.name === name)!
      const finding: Finding = {
        id: 'CVE-2026-1',
        aliases: [],
        package: { purl, type, name, version },
        severity: 'critical',
        ratings: [],
        fix: { state: 'not-fixed', versions: [] },
        scanners: ['test'],
      }
      const { verdict, reasons } = decide(
        {
          subject: watched.digest,
          destination: 'prod.example/redis:1',
          inventory,
          scan: { subject: watched.digest, reports: [reportOf(watched.digest)], findings: [finding] },
          failures: [],
          usage: packages,
          traceCoverage: coverage,
          platforms: { present: ['linux/amd64'], judged: ['linux/amd64'] },
          removed: [],
        },
        policy,
        { tier: 'prod', now },
      )
      return [
        packages.find((found) => found.purl === purl)?.usage,
        verdict,
        ...reasons.map(({ code }) => code),
      ]
    }
    expect(await judge(profile, 'redis-tools')).toEqual(['executed', 'fail', 'threshold-exceeded'])
    expect(await judge(profile, 'libssl3')).toEqual(['loaded', 'pass'])
    expect(await judge(profile, 'apt')).toEqual(['present', 'pass'])
    // What nobody approved does not show that anything is not executed.
    const unapproved = reopenProfile(profile)
    expect(await judge(unapproved, 'redis-tools')).toEqual(['executed', 'fail', 'threshold-exceeded'])
    expect(await judge(profile, 'libc-bin')).toEqual(['possible', 'pass'])
    expect(await judge(unapproved, 'libc-bin')).toEqual(['possible', 'fail', 'threshold-exceeded'])
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
    // clone(2) with a namespace of its own, here of host names: the kernel refuses one of users in a chroot by itself.
    const script = async (name: string, code: string) => {
      await writeFile(join(watched.rootDirectory, name), code)
      return ['/usr/bin/perl', `/${name}`]
    }
    const clone = await script('clone.pl', 'exit 0 if syscall(56, 0x04000011, 0, 0, 0, 0) >= 0; die $!;')
    await run('chroot', [watched.rootDirectory, ...clone])
    await expect(filtered(...clone)).rejects.toThrow('Operation not permitted at /clone.pl')
    await filtered(...(await script('fork.pl', 'defined fork or die $!;')))
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
