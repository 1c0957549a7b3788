import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Image, openImage } from '@sallyport/image'
import { createInventory, type Inventory } from '@sallyport/inventory'
import { createImage, type FileDescription } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildElf } from './elf/elf.fixture.ts'
import type { UsageEvidence } from './evidence/usage-evidence.ts'
import { hardenImage } from './harden-image.ts'
import type { HardenImageOptions, HardenProgress } from './harden-options.ts'
import { analyzeUsage, proposePlan } from './propose-plan.ts'
import { toPlanDocument } from './report/plan-document.ts'
import type { SmokeResult, SmokeTest } from './smoke/smoke-test.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'harden-options-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const program = (content: string | Uint8Array): FileDescription => ({ content, mode: 0o755 })
const packages: Readonly<Record<string, { files: Record<string, FileDescription>; fields?: string }>> = {
  'base-files': { files: { '/etc/os-release': 'ID=debian\nVERSION_ID="12"\n' } },
  dash: { files: { '/bin/sh': program(buildElf({})) } },
  app: {
    files: {
      '/usr/bin/app': program('#!/bin/sh\nif false; then helper; fi\n'),
      '/usr/share/doc/app/README': 'read me',
      '/usr/share/doc/app/copyright': 'License: MIT\n',
    },
    fields: 'Depends: dash, declared\n',
  },
  helper: { files: { '/usr/bin/helper': program('#!/bin/sh\n') } },
  declared: { files: { '/usr/bin/declared': program('#!/bin/sh\n') } },
  unused: { files: { '/usr/bin/unused': { content: buildElf({}), mode: 0o4755 } } },
  idle: { files: { '/usr/bin/idle': program('#!/bin/sh\n') } },
}

async function withImage<T>(use: (image: Image, inventory: Inventory) => Promise<T>): Promise<T> {
  const stanzas = Object.entries(packages).map(
    ([name, { fields = '' }]) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: all\nVersion: 1\n${fields}Description: x\n`,
  )
  const lists = Object.entries(packages).map(([name, { files }]): [string, string] => [
    `/var/lib/dpkg/info/${name}.list`,
    `/.\n${Object.keys(files).join('\n')}\n`,
  ])
  const source = createImage({
    layers: [
      {
        files: {
          ...Object.fromEntries(Object.values(packages).flatMap(({ files }) => Object.entries(files))),
          ...Object.fromEntries(lists),
          '/etc/shadow': { content: 'root::1:0:99999:7:::\n', mode: 0o640 },
          '/var/lib/dpkg/status': stanzas.join('\n'),
        },
      },
    ],
    config: { Entrypoint: ['app'] },
  })
  await using image = await openImage(source, source.raw, { directory })
  return await use(image, await createInventory(image))
}

const harden = (options: HardenImageOptions) =>
  withImage(async (image, inventory) => {
    const { report, image: result } = await hardenImage(image, inventory, { directory, ...options })
    await using _ = result
    const paths = result && new Set([...result.tree.entries()].map(({ path }) => path))
    return { report, paths, removed: report.removed.map(({ name }) => name), config: result?.config }
  })

const passed: SmokeResult = { status: 'passed', exitCode: 0, stdout: 'ok', stderr: '', answers: [] }
/** Answers otherwise where a file is gone. */
const smoke = (needed: string, first: Partial<SmokeResult> = {}): SmokeTest => ({
  name: 'answers',
  run: async ({ tree }) => ({ ...passed, ...first, ...(tree.get(needed) ? {} : { stdout: 'gone' }) }),
})
const closed = ['idle', 'unused']
const relaxed = ['declared', 'idle', 'unused']

describe('hardenImage', () => {
  it('takes a smoke test for proof', async () => {
    const { removed, report } = await harden({ mode: 'relaxed', smoke: smoke('/usr/bin/app') })
    expect(removed).toEqual(relaxed)
    expect(report.proof).toEqual({ by: 'smoke-test', name: 'answers' })
    expect(report.openDependencies).toMatchObject([{ dependsOn: 'declared' }])
  })

  it.each<[string, HardenImageOptions, string[]]>([
    ['relaxed comes without any', { mode: 'relaxed' }, []],
    [
      'recordings decide without a smoke test',
      { traceOnly: { minimumCoverage: { windowMs: 1, records: 1 } } },
      [],
    ],
  ])('wants a proof where %s', async (_title, options) => {
    await expect(harden(options)).rejects.toMatchObject({ code: 'PROOF_MISSING' })
  })

  it('makes a smaller plan where the smoke test answers otherwise', async () => {
    const { removed, report } = await harden({ mode: 'relaxed', smoke: smoke('/usr/bin/declared') })
    expect(removed).toEqual(closed)
    expect(report).toMatchObject({ mode: 'closed', proof: { by: 'smoke-test' } })
    expect(report.limitedBecause).toEqual([expect.stringContaining('line 1 was "ok", now "gone"')])
  })

  it.each([
    ['answers otherwise even then', smoke('/usr/bin/idle'), /line 1 was "ok"/],
    [
      'does not pass on the image itself',
      smoke('/usr/bin/app', { status: 'failed' as const }),
      /did not pass before/,
    ],
  ])('leaves the image as it is where the smoke test %s', async (_title, test, reason) => {
    const { paths, removed, report } = await harden({ mode: 'relaxed', smoke: test, configuration: true })
    expect(paths).toBeUndefined()
    expect(removed).toEqual([])
    expect(report).not.toHaveProperty('checks')
    expect(report.kept).toHaveLength(Object.keys(packages).length)
    expect(report.invariants).toEqual([])
    expect(report.unchangedBecause).toMatch(reason)
    expect(await readdir(directory)).toEqual([])
  })

  it('takes complete recordings of the image for proof', async () => {
    const { report, removed } = await withImage(async (image, inventory) => {
      const evidence: UsageEvidence = {
        source: 'strace',
        images: [image.raw.descriptor.digest],
        coverage: 'complete',
        observes: ['exec', 'open'],
        records: [{ operation: 'exec', path: '/usr/bin/idle', exact: true, count: 1 }],
        missing: [],
        gaps: [],
      }
      const { report, image: result } = await hardenImage(image, inventory, {
        directory,
        mode: 'relaxed',
        evidence: [evidence],
      })
      await using _ = result
      return { report, removed: report.removed.map(({ name }) => name) }
    })
    expect(removed).toEqual(['declared', 'unused'])
    expect(report).toMatchObject({ coverage: 'complete', proof: { by: 'trace', sources: ['strace'] } })
    expect(report.kept.find(({ purl }) => purl.includes('/idle@'))).toMatchObject({ usage: 'executed' })
  })

  it('drops what somebody declares, though a branch names it and a package depends on it', async () => {
    const { removed, report } = await harden({ drop: ['helper', 'declared', 'dash'] })
    expect(removed).toEqual(['declared', 'helper', 'idle', 'unused'])
    expect(report.openDependencies).toMatchObject([{ dependsOn: 'declared' }])
    expect((await harden({ drop: ['helper'], keep: ['helper'] })).removed).toEqual(closed)
  })

  it('removes no larger part than is allowed', async () => {
    const { report, paths } = await harden({ maxRemoval: 0.2 })
    expect(paths).toBeUndefined()
    expect(report.unchangedBecause).toBe('2 of 7 packages would leave, more than 20 %')
    expect((await harden({ maxRemoval: 0.3 })).removed).toEqual(closed)
  })

  it('applies a plan that was reviewed, and nothing else', async () => {
    await withImage(async (image, inventory) => {
      const proposed = await proposePlan(image, inventory)
      expect(proposed.plan.removed.map(({ name }) => name)).toEqual(closed)
      const document = toPlanDocument(proposed.plan, image.raw.descriptor.digest)
      const remove = document.remove.filter(({ purl }) => !purl.includes('/idle@'))
      for (const plan of [
        { ...document, remove },
        { ...document, keep: ['idle'] },
      ]) {
        const { report, image: result } = await hardenImage(image, inventory, { directory, plan })
        await using _ = result
        expect(report.removed.map(({ name }) => name)).toEqual(['unused'])
      }
      const other = { ...document, image: `sha256:${'0'.repeat(64)}` }
      await expect(hardenImage(image, inventory, { directory, plan: other })).rejects.toMatchObject({
        code: 'PLAN_INVALID',
      })
    })
  })

  it('strips files of packages that stay, and says so', async () => {
    const { report, paths } = await harden({ strip: { docs: true } })
    expect(report.strip?.categories).toEqual({ docs: { files: 1, bytes: 7 } })
    expect(paths?.has('/usr/share/doc/app/README')).toBe(false)
    expect(paths?.has('/usr/share/doc/app/copyright')).toBe(true)
    expect(report.invariants.every(({ holds }) => holds)).toBe(true)
  })

  it('sets the configuration right in the same image, and where no package leaves', async () => {
    const { report, config } = await harden({ configuration: true })
    expect(report.checks?.find(({ id }) => id === 'empty-passwords')?.state).toBe('fixed')
    expect(report.invariants.every(({ holds }) => holds)).toBe(true)
    expect(config?.history?.at(-1)?.created_by).toMatch(
      /^sallyport: removed 2 unused packages, configuration: .*empty-passwords/,
    )
    const alone = await harden({ configuration: true, keep: closed })
    expect(alone.removed).toEqual([])
    expect(alone.paths).toBeDefined()
  })

  it('tells its steps, and the bytes of what is stored', async () => {
    const events: HardenProgress['type'][] = []
    const { report } = await harden({ squash: true, onProgress: ({ type }) => void events.push(type) })
    expect([...new Set(events)]).toEqual(['analysed', 'planned', 'writing', 'checked'])
    expect(report.bytes!.after).toBeLessThan(report.bytes!.before)
  })
})

describe('analyzeUsage', () => {
  it('tells how each package is used', async () => {
    const usages = await withImage(async (image, inventory) => {
      const { packages: found } = await analyzeUsage(image, inventory)
      return Object.fromEntries(inventory.packages.map(({ name }, index) => [name, found[index]!.usage]))
    })
    expect(usages).toMatchObject({ app: 'linked', dash: 'linked', helper: 'possible', unused: 'present' })
  })
})
