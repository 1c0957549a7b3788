import { gzipSync } from 'node:zlib'
import { digestOf, type FileRecord } from '@sallyport/core'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileManifest, type FileManifestPredicate } from './file-manifest.ts'
import { readFileManifest } from './read-file-manifest.ts'

const config = digestOf(Buffer.from('{}'))
const build = (files: readonly FileRecord[]) => fileManifest.build({ platform: 'linux/amd64', config, files })
const directory: FileRecord = { path: '/', type: 'directory', mode: 0o755, uid: 0, gid: 0, size: 0 }
const program: FileRecord = {
  path: '/bin/ping',
  type: 'file',
  mode: 0o4755,
  uid: 0,
  gid: 5,
  size: 7,
  sha256: 'ab'.repeat(32),
  magic: 'elf',
  xattrs: { 'security.capability': 'AQAAAgAgAAAAAAAAAAAAAAAAAAA=' },
}

const owned = {
  path: fc
    .array(
      fc.string({ minLength: 1 }).filter((part) => !/^\.{1,2}$|[/\0]/.test(part)),
      { minLength: 1 },
    )
    .map((parts) => `/${parts.join('/')}`),
  mode: fc.nat(0o7777),
  uid: fc.nat(),
  gid: fc.nat(),
}
const empty = { size: fc.constant(0) }
const record: fc.Arbitrary<FileRecord> = fc.oneof(
  fc.record({ ...owned, ...empty, type: fc.constantFrom('directory' as const, 'fifo' as const) }),
  fc.record({ ...owned, ...empty, type: fc.constant('symlink' as const), linkTarget: fc.string() }),
  fc.record({
    ...owned,
    ...empty,
    type: fc.constantFrom('character-device' as const, 'block-device' as const),
    device: fc.tuple(fc.nat(), fc.nat()).map((numbers) => numbers.join(':')),
  }),
  fc.record(
    {
      ...owned,
      size: fc.nat(),
      type: fc.constant('file' as const),
      sha256: fc.stringMatching(/^[0-9a-f]{64}$/),
      magic: fc.constantFrom('elf' as const, 'script' as const),
      xattrs: fc.dictionary(fc.constantFrom('security.capability', 'security.ima'), fc.base64String(), {
        minKeys: 1,
      }),
    },
    { requiredKeys: ['path', 'mode', 'uid', 'gid', 'size', 'type', 'sha256'] },
  ),
)

describe('fileManifest', () => {
  it('reads back what it wrote, sorted', () => {
    fc.assert(
      fc.property(fc.uniqueArray(record, { selector: ({ path }) => path }), (files) => {
        const plain = files.map((file) => ({ ...file, ...(file.xattrs && { xattrs: { ...file.xattrs } }) }))
        const sorted = plain.sort((one, other) => (one.path < other.path ? -1 : 1))
        expect(readFileManifest(fileManifest.parse(build(files)))).toEqual(sorted)
      }),
    )
  })

  it('keeps names that are not valid UTF-8', () => {
    const odd = { ...program, path: '/bin/\udcff' }
    const text = JSON.stringify(build([odd]))
    expect(readFileManifest(fileManifest.parse(JSON.parse(text)))).toEqual([odd])
  })

  it('takes less than 100 bytes a file', () => {
    const files = Array.from({ length: 20_000 }, (_, at) => ({
      ...program,
      path: `/usr/lib/x86_64-linux-gnu/package-${at % 300}/module-${at}.so`,
      sha256: digestOf(Buffer.from(String(at))).slice(7),
    }))
    expect(JSON.stringify(build(files)).length / files.length).toBeLessThan(100)
  })

  it('refuses a path that is listed twice', () => {
    expect(() => build([program, program])).toThrow(expect.objectContaining({ code: 'PREDICATE_INVALID' }))
  })
})

describe('readFileManifest', () => {
  const encode = (text: string, more: Partial<FileManifestPredicate['files']> = {}) => {
    const list = Buffer.from(text)
    const { files, ...rest } = build([])
    const content = gzipSync(list).toString('base64')
    const digest = { sha256: digestOf(list).slice(7) }
    return {
      ...rest,
      files: { ...files, count: text.split('\n').length - 1, size: list.length, digest, content, ...more },
    }
  }
  const line = (path: string, rest = '"d",493,0,0,0') => `[${JSON.stringify(path)},${rest}]\n`

  it.each<[string, FileManifestPredicate]>([
    ['another digest', encode(line('/'), { digest: { sha256: '0'.repeat(64) } })],
    ['a digest of another kind', encode(line('/'), { digest: { sha512: '0'.repeat(128) } })],
    ['another number', encode(line('/'), { count: 2 })],
    ['a larger list than it says', encode(line('/'), { size: 5 })],
    ['a smaller list than it says', encode(line('/'), { size: 500 })],
    ['what is not compressed', encode(line('/'), { content: 'AAAA' })],
    ['no end of line', encode('["/","d",493,0,0,0]', { count: 1 })],
    ['a path twice', encode(line('/a') + line('/a'))],
    ['paths out of order', encode(line('/b') + line('/a'))],
    ['a relative path', encode(line('a'))],
    ['a path that leads out', encode(line('/a/../../b'))],
    ['a path with a double slash', encode(line('/a//b'))],
    ['a path with a NUL', encode(line('/a\0'))],
    ['a file without a hash', encode(line('/a', '"f",420,0,0,3'))],
    ['an unknown type', encode(line('/a', '"s",420,0,0,0'))],
    ['a mode that is none', encode(line('/a', '"d",4096,0,0,0'))],
    [
      'attributes of another namespace',
      encode(line('/a', `"f",0,0,0,0,"${'0'.repeat(64)}","",{"user.a":""}`)),
    ],
    ['what is no JSON', encode('[\n')],
  ])('refuses %s', (_title, predicate) => {
    expect(() => readFileManifest(predicate)).toThrow(expect.objectContaining({ code: 'PREDICATE_INVALID' }))
  })

  it.each([{ maxFiles: 1 }, { maxBytes: 10 }])('refuses more than %o', (limits) => {
    const predicate = build([directory, program])
    expect(readFileManifest(predicate)).toHaveLength(2)
    expect(() => readFileManifest(predicate, limits)).toThrow(
      expect.objectContaining({ code: 'PREDICATE_INVALID' }),
    )
  })
})
