import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkDrift } from './check-drift.ts'
import { rootCollector } from './collect/root-collector.ts'
import { explainDrift } from './drift/explain-drift.ts'
import { FileBaseline } from './drift/file-baseline.ts'
import type { FileObservation } from './drift/file-observation.ts'
import type { DriftCollector } from './ports/drift-collector.ts'

const now = new Date('2026-11-27T00:00:00.000Z')
const clock = { now: () => now }
const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 }

let root: string
let baseline: FileBaseline
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-check-'))
  baseline = new FileBaseline([{ path: '/', type: 'directory', mode: 0o700, ...own, size: 0 }])
})
afterAll(() => rm(root, { recursive: true, force: true }))

const tells = (...observations: FileObservation[]): DriftCollector => ({
  name: 'told',
  coverage: 'changes',
  async *collect() {
    yield* observations
  },
})
const unknown: FileObservation = {
  kind: 'unknown',
  path: '/x',
  reason: 'permission-denied',
  message: '/x: no',
}
const data: FileObservation = {
  kind: 'present',
  path: '/opt/\u001b[31m\nname',
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 1,
  capability: '',
}

describe('checkDrift', () => {
  it('is clean only when all was read and nothing differs', async () => {
    const report = await checkDrift({ baseline, collector: rootCollector(root), clock })
    expect(report).toMatchObject({
      verdict: 'clean',
      decision: 'pass',
      checkedAt: now.toISOString(),
      files: [],
    })
    await writeFile(join(root, 'program'), '#!/bin/sh\n')
    const drifted = await checkDrift({ baseline, collector: rootCollector(root), clock })
    expect(drifted).toMatchObject({ verdict: 'drifted', decision: 'fail', files: [{ path: '/program' }] })
  })

  it.each([
    ['unknown', [unknown], undefined, 'error'],
    ['drifted', [unknown, data], undefined, 'fail'],
    ['drifted', [data], 'minor', 'fail'],
    ['clean', [data], 'low', 'pass'],
    ['unknown', [unknown, data], 'low', 'error'],
  ] as const)('is %s with %o when it fails on %s', async (verdict, observations, failOn, decision) => {
    const collector = tells(...observations)
    expect(await checkDrift({ baseline, collector, failOn })).toMatchObject({ verdict, decision })
  })

  it('takes a declared path with a slash at its end', async () => {
    const collector = tells({ ...data, path: '/data/x' })
    expect(await checkDrift({ baseline, collector, writable: ['/data/'] })).toMatchObject({
      verdict: 'clean',
      expected: [{ reason: 'declared-writable', count: 1 }],
    })
  })

  it('tells what is allowed, and is not clean when there is too much of it to be told', async () => {
    const sha256 = 'a'.repeat(64)
    const allowed = [{ sha256, path: '/scripts', reason: 'ConfigMap' }]
    const scripts = ['/scripts/a', '/scripts/b'].map((path): FileObservation => ({
      ...data,
      path,
      magic: 'script',
      sha256,
    }))
    const report = await checkDrift({ baseline, collector: tells(...scripts), allowed })
    expect(report).toMatchObject({ verdict: 'clean', allowed: [{ reason: 'ConfigMap', count: 2 }] })
    expect(explainDrift(report)).toContain('allowed: 2, ConfigMap: /scripts/a, /scripts/b')
    const evil: FileObservation = { ...data, path: '/usr/bin/evil', magic: 'elf', sha256: 'b'.repeat(64) }
    const collector = tells(...scripts, evil)
    expect((await checkDrift({ baseline, collector, allowed, maxFindings: 2 })).verdict).toBe('unknown')
    expect((await checkDrift({ baseline, collector, allowed })).verdict).toBe('drifted')
  })

  it('does not know what it did not look at in time', async () => {
    const report = await checkDrift({ baseline, pid: process.pid, timeLimitMs: 0, clock })
    expect(report.verdict).not.toBe('clean')
    expect(report.unknown).toContainEqual(expect.objectContaining({ reason: 'limit-exceeded' }))
  })

  it('says of a process that is gone that it could not look', async () => {
    await expect(checkDrift({ baseline, collector: tells(), pid: 2 ** 22 + 1 })).rejects.toMatchObject({
      code: 'CONTAINER_UNAVAILABLE',
    })
    await expect(checkDrift({ baseline, pid: 2 ** 22 + 1 })).rejects.toMatchObject({
      code: 'CONTAINER_UNAVAILABLE',
    })
  })

  it.each([
    [{ baseline: new FileBaseline([]), collector: tells() }],
    [{ collector: undefined }],
    [{ collector: tells(), writable: ['/'] }],
    [{ collector: tells(), writable: ['//'] }],
    [{ collector: tells(), allowed: [{ sha256: '', path: '/x', reason: 'x' }] }],
    [{ collector: tells(), writable: ['data'] }],
  ])('refuses %o', async (options) => {
    await expect(checkDrift({ baseline, ...options })).rejects.toMatchObject({ code: 'OPTIONS_INVALID' })
  })
})

describe('explainDrift', () => {
  it('tells the worst first, and lets no name steer a terminal', async () => {
    const text = explainDrift(
      await checkDrift({ baseline, collector: tells(unknown, data), name: 'web', clock }),
    )
    expect(text).toBe(`drifted: web compared: 1 files by told, 0 processes
  minor data-added: /opt/\\u{1b}[31m\\u{a}name is a file that the image does not have
  unknown: /x: no
`)
  })
})
