import { openImage } from '@sallyport/image'
import { createImage } from '@sallyport/testkit'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildElf, type ElfParts } from './elf.fixture.ts'
import { createLibrarySearch, isLibrary } from './library-search.ts'
import { parseElf } from './parse-elf.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'library-search-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const glibc = { interpreter: '/lib64/ld-linux-x86-64.so.2', needed: ['libx.so.1', 'libc.so.6'] }
const musl = { interpreter: '/lib/ld-musl-x86_64.so.1', needed: ['libx.so.1'] }
const triplet = '/usr/lib/x86_64-linux-gnu'

interface Case {
  readonly elf: ElfParts
  readonly at: readonly string[]
  readonly expected: string | undefined
  readonly configured?: string
  readonly preferred?: readonly string[]
  readonly muslPath?: string
}

const cases: readonly (readonly [title: string, Case])[] = [
  [
    'RPATH before LD_LIBRARY_PATH',
    { elf: { ...glibc, rpath: '/r' }, at: ['/r', '/env'], preferred: ['/env'], expected: '/r' },
  ],
  [
    'LD_LIBRARY_PATH before RUNPATH',
    { elf: { ...glibc, runpath: '/r' }, at: ['/r', '/env'], preferred: ['/env'], expected: '/env' },
  ],
  [
    'RUNPATH in place of RPATH',
    { elf: { ...glibc, rpath: '/a', runpath: '/b' }, at: ['/a', '/b'], expected: '/b' },
  ],
  [
    'ld.so.conf before the built-in folders',
    { elf: glibc, at: ['/opt/lib', '/usr/lib'], configured: '/opt/lib', expected: '/opt/lib' },
  ],
  ['the folder of the machine before /usr/lib', { elf: glibc, at: ['/usr/lib', triplet], expected: triplet }],
  [
    'no built-in folder for a file that says so',
    {
      elf: { ...glibc, dynamic: [[0x6fff_fffb, 0x800]] },
      at: ['/usr/lib', '/opt/lib'],
      configured: '/opt/lib',
      expected: '/opt/lib',
    },
  ],
  [
    'folders for newer processors',
    { elf: glibc, at: [`${triplet}/glibc-hwcaps/x86-64-v3`], expected: `${triplet}/glibc-hwcaps/x86-64-v3` },
  ],
  [
    '$ORIGIN',
    { elf: { ...glibc, runpath: '$ORIGIN/../lib' }, at: ['/app/lib'], expected: '/app/bin/../lib' },
  ],
  ['$LIB', { elf: { ...glibc, rpath: '/opt/$LIB' }, at: ['/opt/lib64'], expected: '/opt/lib64' }],
  ['any folder when there is no other', { elf: glibc, at: ['/opt/jdk/lib'], expected: '/opt/jdk/lib' }],
  [
    "musl's own order, with /usr/local/lib before /usr/lib",
    { elf: musl, at: ['/usr/local/lib', '/usr/lib'], expected: '/usr/local/lib' },
  ],
  [
    'the folders that /etc/ld-musl-x86_64.path names',
    { elf: musl, at: ['/usr/lib', '/opt/lib'], muslPath: '/opt/lib\n/usr/lib', expected: '/opt/lib' },
  ],
  [
    'nothing of ld.so.conf, nor folders for newer processors, for musl',
    {
      elf: musl,
      at: ['/opt/lib', '/lib/glibc-hwcaps/x86-64-v3', '/usr/lib'],
      configured: '/opt/lib',
      expected: '/usr/lib',
    },
  ],
  [
    'both RPATH and RUNPATH for musl',
    { elf: { ...musl, rpath: '/a', runpath: '/b' }, at: ['/a', '/b'], expected: '/a' },
  ],
]

describe('createLibrarySearch', () => {
  it.each(cases)('looks in %s', async (_title, { elf, at, expected, configured, preferred, muslPath }) => {
    const library = buildElf({ soname: 'libx.so.1' })
    const files = Object.fromEntries(at.map((folder) => [`${folder}/libx.so.1`, library]))
    const linker = { '/lib/ld-musl-x86_64.so.1': library }
    const source = createImage({ layers: [{ files: elf === glibc ? files : { ...files, ...linker } }] })
    const { tree } = await openImage(source, source.raw, { directory })
    const search = createLibrarySearch(configured ? [configured] : [], { preferred, muslPath, whole: tree })
    const found = search.locate(tree, { path: '/app/bin/x', elf: parseElf(buildElf(elf))! }, 'libx.so.1')
    expect(found).toBe(expected && `${expected}/libx.so.1`)
  })
})

describe('isLibrary', () => {
  it.each([
    ['/lib/libx.so', true],
    ['/lib/libx.so.1.2.3', true],
    ['/app/addon.node', true],
    ['/etc/ld.so.conf', false],
    ['/etc/ld.so.cache', false],
  ])('tells of %s: %s', (path, expected) => {
    expect(isLibrary(path)).toBe(expected)
  })
})
