import { createHash } from 'node:crypto'
import { createTarWriter } from '@sallyport/image'
import { describe, expect, it } from 'vitest'
import { goProgram } from './golang/build-info.fixture.ts'
import { inventoryImage } from './inventory-image.ts'
import { createInventory } from './create-inventory.ts'
import { type Files, imageOf } from './image.fixture.ts'
import { pomOf, zipOf } from './java/zip.fixture.ts'
import { layeredImage } from './layers.fixture.ts'
import { type Entry, packageHeader, sqliteDb } from './rpm/rpm.fixture.ts'

/** Files that name packages of languages: kept whole, examined by their content, and examined by their archive. */
const kinds: readonly (readonly [string, path: string, of: (version: string) => Buffer])[] = [
  [
    'a package of npm',
    '/usr/lib/node_modules/tool/package.json',
    (version) => Buffer.from(JSON.stringify({ name: 'tool', version })),
  ],
  [
    'a program of Go',
    '/usr/bin/tool',
    (version) => goProgram('go1.26.8', ['path\texample.org/app', `mod\texample.org/app\tv${version}\t`]),
  ],
  [
    'an archive of Java',
    '/usr/share/java/tool.jar',
    (version) => Buffer.from(zipOf({ ...pomOf('org.example', 'tool', version), 'a/A.class': 'x' })),
  ],
]

const hash = (name: string, bytes: Uint8Array, encoding: 'hex' | 'base64' = 'hex') =>
  createHash(name).update(bytes).digest(encoding)

/** The header of a package with one file. */
function headerOfFile(path: string, more: Readonly<Record<number, Entry>>): Buffer {
  const slash = path.lastIndexOf('/') + 1
  return packageHeader('owner', {
    1030: { int16: [0o100755] },
    1037: { int32: [0] },
    1116: { int32: [0] },
    1117: [path.slice(slash)],
    1118: [path.slice(0, slash)],
    ...more,
  })
}

const rpm = (path: string, more: Readonly<Record<number, Entry>>): Files => ({
  '/etc/os-release': 'ID=rhel\nVERSION_ID=9.4\n',
  '/var/lib/rpm/rpmdb.sqlite': sqliteDb([headerOfFile(path, more)]),
})
const apk = (path: string, marks: string, sum: string): Files => {
  const slash = path.lastIndexOf('/')
  return {
    '/etc/os-release': 'ID=alpine\nVERSION_ID=3.23.0\n',
    '/lib/apk/db/installed': `P:owner\nV:1-r0\nA:x86_64\n${marks}F:${path.slice(1, slash)}\nR:${path.slice(slash + 1)}\nZ:${sum}\n\n`,
  }
}

/** Databases, with what they record of a file. */
const databases: readonly (readonly [string, (path: string, bytes: Buffer) => Files])[] = [
  [
    'dpkg',
    (path, bytes) => ({
      '/etc/os-release': 'ID=debian\nVERSION_ID="12"\n',
      '/var/lib/dpkg/status': 'Package: owner\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n',
      '/var/lib/dpkg/info/owner.list': `${path}\n`,
      '/var/lib/dpkg/info/owner.md5sums': `${hash('md5', bytes)}  ${path.slice(1)}\n`,
    }),
  ],
  ['apk', (path, bytes) => apk(path, '', `Q1${hash('sha1', bytes, 'base64')}`)],
  [
    'apk, of a package of format 3',
    (path, bytes) =>
      apk(
        path,
        'f:S\n',
        `Q1${createHash('sha256').update(bytes).digest().subarray(0, 20).toString('base64')}`,
      ),
  ],
  ['apk with SHA-256', (path, bytes) => apk(path, '', `Q2${hash('sha256', bytes, 'base64')}`)],
  ['rpm', (path, bytes) => rpm(path, { 1035: [hash('sha256', bytes)], 5011: { int32: [8] } })],
  ['rpm of long ago', (path, bytes) => rpm(path, { 1035: [hash('md5', bytes)] })],
]

/** Whether packages of a language in the image are marked as replaced, and what the gaps are; by both ways of reading. */
async function read(files: Files) {
  const opened = await createInventory(imageOf(files))
  const tar = createTarWriter()
  for (const [path, data] of Object.entries(files)) {
    if (typeof data === 'object' && 'link' in data) tar.add({ path, type: 'symlink', linkPath: data.link })
    else tar.add({ path, type: 'file', mode: 0o755, data })
  }
  const { source, raw, read: layers } = layeredImage([tar.finish()])
  const streamed = await inventoryImage(source, raw)
  expect(layers).toHaveLength(1)
  const [one, other] = [opened, streamed].map(({ packages, gaps }) => {
    const found = packages.filter(({ name }) => name !== 'owner')
    expect(found.length).toBeGreaterThan(0)
    for (const { ownedBy } of found) expect(ownedBy).toMatch(/\/owner@/)
    return { replaced: found.map(({ isReplaced = false }) => isReplaced), gaps: gaps.map(({ code }) => code) }
  })
  expect(other).toEqual(one)
  return { replaced: [...new Set(one!.replaced)], gaps: one!.gaps }
}

describe('findReplaced', () => {
  const cases = databases.flatMap(([database, record]) =>
    kinds.map(([kind, path, of]) => [kind, database, path, of, record] as const),
  )

  it.each(cases)('knows %s by its sum in the database of %s', async (_kind, _database, path, of, record) => {
    const files = record(path, of('1.0.0'))
    expect(await read({ ...files, [path]: of('1.0.0') })).toEqual({ replaced: [false], gaps: [] })
    expect(await read({ ...files, [path]: of('0.1.0') })).toEqual({ replaced: [true], gaps: [] })
  })

  const [, path, of] = kinds[0]!
  const sums = { 1035: [hash('sha256', of('1.0.0'))], 5011: { int32: [8] } }
  it.each<[string, Readonly<Record<number, Entry>>, boolean, string[]]>([
    ['no sums', {}, false, []],
    ['a configuration file', { ...sums, 1037: { int32: [1] } }, false, []],
    ['a link', { ...sums, 1035: [''], 1030: { int16: [0o120777] } }, true, []],
    ['a sum in capitals', { ...sums, 1035: [sums[1035][0]!.toUpperCase()] }, true, []],
    ['a sum that is cut', { ...sums, 1035: [sums[1035][0]!.slice(0, 40)] }, true, []],
    ['a sum of another hash', { ...sums, 5011: { int32: [1] } }, true, []],
    ['an unknown hash', { ...sums, 5011: { int32: [12] } }, false, ['UNSUPPORTED']],
  ])('judges what rpm records as %s', async (_title, more, isReplaced, gaps) => {
    const files = { ...rpm(path, more), [path]: of(isReplaced ? '1.0.0' : '0.1.0') }
    expect(await read(files)).toEqual({ replaced: [isReplaced], gaps })
  })

  it('finds the sum through links in parents', async () => {
    const files = {
      ...rpm('/lib/node_modules/tool/package.json', sums),
      '/lib': { link: 'usr/lib' },
    }
    expect(await read({ ...files, [path]: of('0.1.0') })).toEqual({ replaced: [true], gaps: [] })
  })
})
