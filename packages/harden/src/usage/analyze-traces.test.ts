import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Image, openImage } from '@sallyport/image'
import { createInventory, type Inventory } from '@sallyport/inventory'
import { createImage } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildElf } from '../elf/elf.fixture.ts'
import type { EvidenceOperation, EvidenceRecord, UsageEvidence } from '../evidence/usage-evidence.ts'
import { analyzeUsage, type AnalyzeUsageOptions } from './analyze-usage.ts'

const packages = {
  app: ['/usr/bin/app'],
  dash: ['/usr/bin/dash'],
  hook: ['/usr/bin/hook'],
  helper: ['/usr/bin/helper'],
  libone: ['/usr/lib/libone.so.1'],
  libtwo: ['/usr/lib/libtwo.so'],
  data: ['/usr/share/data/a', '/usr/share/data/b'],
  idle: ['/usr/bin/idle'],
}
const stanza = (name: string) =>
  `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\nDescription: x\n`
const run = (content: string | Uint8Array) => ({ content, mode: 0o755 })

let directory: string
let image: Image
let inventory: Inventory
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'analyze-traces-'))
  const source = createImage({
    layers: [
      {
        files: {
          '/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
          '/bin': { symlink: 'usr/bin' },
          // Its hook is a name in a text: it may run, or not.
          '/usr/bin/app': run('#!/bin/dash\nif false; then hook; fi\n'),
          '/usr/bin/dash': run(buildElf({})),
          '/usr/bin/hook': run('#!/bin/dash\n'),
          '/usr/bin/helper': run(buildElf({ needed: ['libone.so.1'] })),
          '/usr/bin/idle': run(buildElf({})),
          '/usr/lib/libone.so.1': buildElf({}),
          '/usr/lib/libtwo.so': buildElf({}),
          '/usr/share/data/a': 'a',
          '/usr/share/data/b': 'b',
          '/var/lib/dpkg/status': Object.keys(packages).map(stanza).join('\n'),
          ...Object.fromEntries(
            Object.entries(packages).map(([name, list]) => [
              `/var/lib/dpkg/info/${name}.list`,
              `/.\n${list.join('\n')}\n`,
            ]),
          ),
        },
      },
    ],
    config: { Entrypoint: ['app'] },
  })
  image = await openImage(source, source.raw, { directory })
  inventory = await createInventory(image)
})
afterAll(async () => {
  await image[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

const record = (operation: EvidenceOperation, path: string, exact = true): EvidenceRecord => ({
  operation,
  path,
  exact,
  count: 2,
  process: 'app',
})
const evidence = (
  records: readonly EvidenceRecord[],
  change: Partial<UsageEvidence> = {},
): UsageEvidence => ({
  source: 'strace',
  images: [image.raw.descriptor.digest],
  coverage: 'complete',
  observes: ['exec', 'open'],
  records,
  missing: [],
  gaps: [],
  from: '2026-01-01T00:00:00Z',
  to: '2026-01-01T01:00:00Z',
  ...change,
})
async function usages(options: AnalyzeUsageOptions) {
  const { packages: found, coverage } = await analyzeUsage(image, inventory, options)
  const byName = Object.fromEntries(inventory.packages.map(({ name }, index) => [name, found[index]!.usage]))
  return { ...byName, coverage }
}
const statically = {
  app: 'linked',
  dash: 'linked',
  hook: 'possible',
  helper: 'present',
  libone: 'present',
  libtwo: 'present',
  data: 'present',
  idle: 'present',
}

describe('analyzeUsage with evidence', () => {
  it('says that nothing is known of what runs, without', async () => {
    expect(await usages({})).toEqual({ ...statically, coverage: 'none' })
  })

  it.each([
    [
      'a program that ran, over a link, and what it needs',
      record('exec', '/bin/helper'),
      { helper: 'executed', libone: 'linked' },
    ],
    [
      'a script that ran, and its interpreter',
      record('exec', '/usr/bin/app'),
      { app: 'executed', dash: 'executed' },
    ],
    ['a library that was mapped', record('mmap', '/usr/lib/libone.so.1'), { libone: 'loaded' }],
    ['a library that was opened', record('open', '/usr/lib/libtwo.so'), { libtwo: 'loaded' }],
    ['data that was opened', record('open', '/usr/share/data/a'), { data: 'possible' }],
    ['data that was looked at', record('stat', '/usr/share/data/b'), { data: 'possible' }],
    ['what a pattern may mean', record('open', '/usr/⋯/lib*', false), { libone: 'loaded', libtwo: 'loaded' }],
    ['nothing of what the image does not hold', record('exec', '/mnt/volume/x'), {}],
    ['nothing of what climbs out of it', record('exec', '/../../../outside'), {}],
  ])('counts %s', async (_, one, expected) => {
    const options = { evidence: [evidence([one], { coverage: 'partial' })] }
    expect(await usages(options)).toEqual({ ...statically, ...expected, coverage: 'partial' })
  })

  it('proves it by the record', async () => {
    const { packages: found } = await analyzeUsage(image, inventory, {
      evidence: [evidence([record('exec', '/usr/bin/helper')])],
    })
    const chain = (name: string) => found.find(({ purl }) => purl.includes(`/${name}@`))!.chain
    expect(chain('helper')).toEqual([
      { kind: 'trace', from: 'strace', to: '/usr/bin/helper', certain: true, proof: 'exec by app, 2 times' },
    ])
    expect(chain('libone').map(({ kind, to }) => [kind, to])).toEqual([
      ['trace', '/usr/bin/helper'],
      ['needed', '/usr/lib/libone.so.1'],
    ])
  })

  it.each([
    ['its own digest', () => ({ evidence: [evidence([])] })],
    [
      'that of its configuration',
      () => ({ evidence: [evidence([], { images: [image.manifest.config.digest] })] }),
    ],
    [
      'that of an index that is named',
      () => ({ evidence: [evidence([], { images: [other] })], evidenceOf: [other] }),
    ],
  ])('takes recordings that name %s', async (_, options) => {
    expect((await analyzeUsage(image, inventory, options())).coverage).toBe('complete')
  })

  const other = `sha256:${'0'.repeat(64)}` as const
  it.each([
    ['another image', [other]],
    ['none', []],
  ])('refuses recordings that name %s', async (_, images) => {
    await expect(
      analyzeUsage(image, inventory, { evidence: [evidence([], { images })] }),
    ).rejects.toMatchObject({ code: 'EVIDENCE_MISMATCH' })
  })
})

describe('analyzeUsage with traceOnly', () => {
  const traceOnly = { minimumCoverage: { windowMs: 3_600_000, records: 2 } }

  it('reaches what ran, what that needs for certain, and what was opened, and no more', async () => {
    const list = [
      record('exec', '/usr/bin/app'),
      record('exec', '/usr/bin/helper'),
      record('open', '/usr/share/data/a'),
    ]
    expect(await usages({ evidence: [evidence(list)], traceOnly })).toEqual({
      app: 'executed',
      dash: 'executed',
      hook: 'present',
      helper: 'executed',
      libone: 'linked',
      libtwo: 'present',
      data: 'possible',
      idle: 'present',
      coverage: 'complete',
    })
  })

  it.each([
    ['no recording', []],
    ['a partial one', [{ coverage: 'partial' as const }]],
    ['too short a one', [{ to: '2026-01-01T00:59:59Z' }]],
    ['one with too few files', [{ records: [record('exec', '/usr/bin/app')] }]],
  ])('refuses %s', async (_, changes) => {
    const both = [record('exec', '/usr/bin/app'), record('open', '/usr/share/data/a')]
    const list = changes.map((change) => evidence(both, change))
    await expect(analyzeUsage(image, inventory, { evidence: list, traceOnly })).rejects.toMatchObject({
      code: 'EVIDENCE_INCOMPLETE',
    })
  })
})
