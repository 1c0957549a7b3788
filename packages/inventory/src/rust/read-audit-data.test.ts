import { deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { createInventory } from '../create-inventory.ts'
import { contentOf } from '../files/content.fixture.ts'
import { imageOf } from '../image.fixture.ts'
import { programExaminer } from '../program/program-examiner.ts'
import { elfProgram, machOProgram, peProgram } from '../program/program.fixture.ts'

const packages = [
  { name: 'app', version: '0.1.0', source: 'local', root: true, dependencies: [1, 2, 3] },
  { name: 'cc', version: '1.0.0', source: 'crates.io', kind: 'build' },
  { name: 'libc', version: '0.2.150', source: 'crates.io' },
  { name: 'forked', version: '2.0.0', source: 'git', dependencies: [1, 2] },
]
const section = (bytes: Uint8Array) => ({ name: '.dep-v0', bytes })
const audit = (value: unknown) => section(deflateSync(JSON.stringify(value)))
const filler = { name: '.text', bytes: Buffer.alloc(70_000) }

describe('readAuditData', () => {
  it.each([
    ['ELF', elfProgram([filler, audit({ packages })])],
    ['ELF of 32 bits', elfProgram([audit({ packages })], { bits: 32 })],
    ['PE', peProgram([audit({ packages })])],
    ['Mach-O', machOProgram([audit({ packages })])],
  ])('finds the crates that run in %s', async (_title, bytes) => {
    const facts = await programExaminer.examine(contentOf(bytes), {})
    expect(facts?.crates).toEqual([
      { name: 'app', version: '0.1.0', source: 'local', root: true, dependencies: [1, 2] },
      { name: 'libc', version: '0.2.150', source: 'crates.io', root: false, dependencies: [] },
      { name: 'forked', version: '2.0.0', source: 'git', root: false, dependencies: [1] },
    ])
  })

  it('makes packages of them', async () => {
    const image = imageOf({ '/usr/bin/app': elfProgram([filler, audit({ packages })]) })
    const { packages: found, gaps } = await createInventory(image)
    expect(gaps).toEqual([])
    expect(found.map(({ purl, files, dependsOn }) => ({ purl, files, dependsOn }))).toEqual([
      {
        purl: 'pkg:cargo/app@0.1.0?source=local',
        files: ['/usr/bin/app'],
        dependsOn: ['pkg:cargo/forked@2.0.0?source=git', 'pkg:cargo/libc@0.2.150'],
      },
      { purl: 'pkg:cargo/forked@2.0.0?source=git', files: [], dependsOn: ['pkg:cargo/libc@0.2.150'] },
      { purl: 'pkg:cargo/libc@0.2.150', files: [], dependsOn: [] },
    ])
  })

  it.each([
    ['no zlib', section(Buffer.from('nonsense'))],
    ['no JSON', section(deflateSync('nonsense'))],
    ['another form', audit({ packages: [{ name: 'a' }] })],
    ['a bomb', section(deflateSync(Buffer.alloc(40 * 1024 * 1024, 0x20)))],
    ['an endless list', section(deflateSync(`{"packages":${'['.repeat(10_000)}`))],
  ])('refuses %s', async (_title, bad) => {
    await expect(programExaminer.examine(contentOf(elfProgram([bad])), {})).rejects.toThrow(SyntaxError)
  })
})
