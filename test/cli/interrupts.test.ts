import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openArchive } from '@sallyport/oci'
import type { RequestHook, TestRegistry } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Prepared, prepare } from './prepare.ts'
import { type Ended, runCommand } from './run-command.ts'

let folder: string
let at: Prepared

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-interrupt-'))
  at = await prepare(folder)
  await at.push('team/app:1')
})

afterAll(async () => {
  await at[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

const registries = (): readonly TestRegistry[] => [at.build, at.production]
const watch = (hook: RequestHook | undefined) => registries().forEach((each) => each.setRequestHook(hook))

/** Runs a command and interrupts it when its request of this number comes; `undefined`: it is left alone. */
async function runUntil(
  words: readonly string[],
  stopAt: number | undefined,
): Promise<{ readonly ended: Ended; readonly requests: number; readonly asked: string }> {
  const held = Promise.withResolvers<void>()
  let requests = 0
  let asked = ''
  let kill: (signal: NodeJS.Signals) => void = () => {}
  watch(async ({ method, path }) => {
    if (++requests !== stopAt) return undefined
    asked = `${method} ${path}`
    kill('SIGINT')
    await held.promise
    return undefined
  })
  try {
    const ended = await runCommand(folder, words, { onStart: (way) => void (kill = way) })
    return { ended, requests, asked }
  } finally {
    held.resolve()
    watch(undefined)
  }
}

/** Numbers of requests, spread evenly from the first to the last. */
const spread = (requests: number, points: number): readonly number[] => [
  ...new Set(
    Array.from({ length: points }, (_, index) => 1 + Math.round((index * (requests - 1)) / (points - 1))),
  ),
]

const digestAt = (name: string) => at.production.resolve(...(name.split(':') as [string, string]))
const temporary = async () =>
  (await readdir(folder)).filter((name) => name.endsWith('.tmp') || name.includes('.tmp.'))

describe.each([
  ['promote', 7, (to: string) => ['promote', `${at.build.host}/team/app:1`, at.to(to)]],
  ['copy', 4, (to: string) => ['copy', `${at.build.host}/team/app:1`, at.to(to)]],
  ['harden', 4, (to: string) => ['harden', `${at.build.host}/team/app:1`, at.to(to)]],
] as const)('%s that is interrupted', (name, points, words) => {
  it('moves no tag, says what is left, and is completed by the next run', async () => {
    const whole = await runUntil(words(`whole/${name}:1`), undefined)
    expect(whole.ended, whole.ended.stderr).toMatchObject({ code: 0 })
    const digest = digestAt(`whole/${name}:1`)
    expect(digest).toBeDefined()
    let reached = 0
    for (const point of spread(whole.requests, points)) {
      const to = `cut/${name}-${point}:1`
      const { ended, asked } = await runUntil(words(to), point)
      // A run may take a request more or less than another; one that was not reached was not interrupted.
      if (asked === '') {
        expect(ended, ended.stderr).toMatchObject({ code: 0 })
        continue
      }
      reached++
      const where = `${asked}: ${ended.stderr}`
      expect(ended.code, where).toBe(130)
      expect(ended.stderr, where).toMatch(
        /interrupted\. .*\btag\b.*The same command again goes on\. \(INTERRUPTED\)\n$/,
      )
      expect(ended.stdout, where).toBe('')
      // The tag is the last thing: while that is written nobody can say, and the line does not.
      const isTagged = digestAt(to) !== undefined
      if (/was not moved/.test(ended.stderr)) expect(isTagged, where).toBe(false)
      expect(await temporary(), where).toEqual([])
      const next = await runCommand(folder, words(to))
      expect(next, `after ${where}: ${next.stderr}`).toMatchObject({ code: 0 })
      expect(digestAt(to), where).toBe(digest)
    }
    expect(reached).toBeGreaterThanOrEqual(points - 1)
  }, 600_000)
})

describe.each(['promote', 'copy', 'harden'])('%s that is interrupted while the tag is written', (name) => {
  it('does not say that it was not moved', async () => {
    const held = Promise.withResolvers<void>()
    let kill: (signal: NodeJS.Signals) => void = () => {}
    watch(async ({ method, path }) => {
      if (method !== 'PUT' || !path.endsWith('/manifests/1')) return undefined
      kill('SIGINT')
      await held.promise
      return undefined
    })
    const words = [name, `${at.build.host}/team/app:1`, at.to(`moving/${name}:1`)]
    const { code, stderr } = await runCommand(folder, words, { onStart: (way) => void (kill = way) })
    held.resolve()
    watch(undefined)
    expect(code, stderr).toBe(130)
    expect(stderr).toMatch(/It was about to move the tag /)
    expect(stderr).not.toMatch(/was not moved/)
  })
})

describe('a database of advisories that is pushed', () => {
  const words = (to: string) => {
    const source = ['-o', `${to}.db`, '--osv', 'one=records.jsonl', '--signing-key', 'release.key']
    return ['advisories', 'build', ...source, '--push', `${at.build.host}/advisories/${to}:v1`]
  }

  it('has no tag before its signature', async () => {
    const records = JSON.parse(await readFile(join(folder, 'advisories.json'), 'utf8')) as readonly object[]
    await writeFile(join(folder, 'records.jsonl'), records.map((record) => JSON.stringify(record)).join('\n'))
    const whole = await runUntil(words('whole'), undefined)
    expect(whole.ended, whole.ended.stderr).toMatchObject({ code: 0 })
    for (const point of spread(whole.requests, 8)) {
      const name = `cut-${point}`
      const { ended, asked } = await runUntil(words(name), point)
      if (asked === '') continue
      expect(ended.code, `${asked}: ${ended.stderr}`).toBe(130)
      const pull = ['advisories', 'pull', `${at.build.host}/advisories/${name}:v1`]
      const trust = ['--public-key', 'release.pub', '--advisories-folder', name, '--json']
      const pulled = await runCommand(folder, [...pull, ...trust])
      // Never there and unsigned.
      expect(pulled.stdout, asked).not.toMatch(/DATABASE_UNVERIFIED/)
    }
  }, 300_000)

  it('is not built for a key that is not there', async () => {
    const missing = words('keyless').map((word) => (word === 'release.key' ? 'none.key' : word))
    expect((await runCommand(folder, missing)).code).toBe(2)
    expect(existsSync(join(folder, 'keyless.db'))).toBe(false)
  })
})

describe('files', () => {
  it.each([
    ['an SBOM', 'app.cdx.json', (file: string) => ['sbom', `${at.build.host}/team/app:1`, '-o', file]],
    [
      'an archive',
      'app.tar',
      (file: string) => ['copy', `${at.build.host}/team/app:1`, `oci-archive:${file}:1`],
    ],
  ] as const)('%s is there as a whole or not at all', async (_, file, words) => {
    const { requests, ended } = await runUntil(words('whole-' + file), undefined)
    expect(ended, ended.stderr).toMatchObject({ code: 0 })
    for (const point of spread(requests, 4)) {
      const { ended: cut, asked } = await runUntil(words(file), point)
      expect(cut.code, `${asked}: ${cut.stderr}`).toBe(130)
      expect(existsSync(join(folder, file))).toBe(false)
      expect(await temporary()).toEqual([])
    }
    const next = await runCommand(folder, words(file))
    expect(next, next.stderr).toMatchObject({ code: 0 })
    expect(existsSync(join(folder, file))).toBe(true)
  })

  it('what stood there stays', async () => {
    const words = ['sbom', `${at.build.host}/team/app:1`, '-o', 'kept.json']
    expect((await runCommand(folder, words)).code).toBe(0)
    const before = await readFile(join(folder, 'kept.json'), 'utf8')
    const { ended } = await runUntil(words, 2)
    expect(ended.code).toBe(130)
    expect(await readFile(join(folder, 'kept.json'), 'utf8')).toBe(before)
  })

  it('an archive that was completed can be read', async () => {
    await using archive = await openArchive(join(folder, 'app.tar'))
    expect((await archive.getManifest('1')).descriptor.digest).toBe(at.build.resolve('team/app', '1'))
  })
})

describe('signals', () => {
  it('are an error in JSON', async () => {
    const { ended } = await runUntil(['inspect', `${at.build.host}/team/app:1`, '--json'], 1)
    expect(ended.code).toBe(130)
    expect(JSON.parse(ended.stdout)).toMatchObject({
      version: 1,
      command: 'inspect',
      verdict: 'error',
      error: { code: 'INTERRUPTED', retryable: true },
    })
  })

  it('SIGTERM ends with 143', async () => {
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    const held = Promise.withResolvers<void>()
    watch(async () => {
      resolve()
      await held.promise
      return undefined
    })
    const { code, stderr } = await runCommand(folder, ['inspect', `${at.build.host}/team/app:1`], {
      onStart: (kill) => void asked.then(() => kill('SIGTERM')),
    })
    held.resolve()
    watch(undefined)
    expect(code, stderr).toBe(143)
  })
})
