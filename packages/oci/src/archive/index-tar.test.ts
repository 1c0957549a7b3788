import { execFile } from 'node:child_process'
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, posix } from 'node:path'
import { promisify } from 'node:util'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleTar, type SampleTarEntry } from '../testing/sample-tar.ts'
import { encodeTarFile, encodeTarHeader, tarEnd } from './encode-tar-header.ts'
import { indexTar, type TarIndex } from './index-tar.ts'

const execute = promisify(execFile)
let folder: string
let path: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-tar-'))
  path = join(folder, 'a.tar')
})
afterAll(() => rm(folder, { recursive: true, force: true }))

async function index(tar: Uint8Array, maxEntries = 1000): Promise<TarIndex> {
  await writeFile(path, tar)
  const file = await open(path)
  try {
    return await indexTar(file, path, { maxEntries }, undefined)
  } finally {
    await file.close()
  }
}
const indexOf = (entries: readonly SampleTarEntry[], maxEntries?: number) =>
  index(sampleTar(entries), maxEntries)

describe('indexTar', () => {
  const sha512 = `blobs/sha512/${'a'.repeat(128)}`

  it('finds what encodeTarFile wrote', async () => {
    const name = fc
      .stringMatching(/^[a-zäß€0-9/._-]{1,200}$/)
      .filter((text) => posix.normalize(text) === text && !/^\/|^\.\.?$|^\.\.\/|\/$/.test(text))
    const files = fc.uniqueArray(fc.tuple(name, fc.uint8Array({ maxLength: 1500 })), {
      minLength: 1,
      selector: ([text]) => text,
    })
    await fc.assert(
      fc.asyncProperty(files, async (entries) => {
        const tar = Buffer.concat([...entries.map(([text, bytes]) => encodeTarFile(text, bytes)), tarEnd])
        const found = await index(tar)
        for (const [text, bytes] of entries) {
          const { offset, size } = found.find(text)!
          expect(tar.subarray(offset, offset + size).equals(bytes)).toBe(true)
        }
      }),
      { numRuns: 50 },
    )
  })

  it('ends any bytes with a result or a typed error', async () => {
    const base = sampleTar([
      { name: 'a', content: 'x'.repeat(600) },
      { name: sha512, content: 'y' },
    ])
    await fc.assert(
      fc.asyncProperty(
        fc.nat(base.byteLength - 1),
        fc.nat(255),
        fc.nat(base.byteLength),
        async (at, byte, cut) => {
          const tar = Buffer.from(base)
          tar[at] = byte
          try {
            await index(tar.subarray(0, cut))
          } catch (error) {
            expect(error).toMatchObject({
              name: 'OciError',
              code: expect.stringMatching(/ARCHIVE_INVALID|LIMIT_/),
            })
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  it('knows sizes above 8 GiB and long names as GNU tar does', async () => {
    const header = encodeTarHeader(sha512, 9 * 1024 ** 3)
    await writeFile(path, header)
    const { stdout } = await execute('tar', ['--list', '--verbose', '--file', path]).catch(
      (error: { stdout: string }) => error,
    )
    expect(stdout).toContain(`${9 * 1024 ** 3} 1970-01-01`)
    expect(stdout).toContain(sha512)
  })

  it.each(['gnu', 'pax', 'ustar', 'v7'])('reads what GNU tar writes in its format %s', async (format) => {
    const long = format === 'v7' ? 'short' : `${'d/'.repeat(60)}file`
    await writeFile(join(folder, 'listed'), 'content')
    const args = [
      '--create',
      `--format=${format}`,
      `--transform=s,listed,${long},`,
      '--file',
      path,
      '-C',
      folder,
    ]
    await execute('tar', [...args, './listed'])
    const file = await open(path)
    try {
      expect((await indexTar(file, path, { maxEntries: 9 }, undefined)).find(long)).toMatchObject({ size: 7 })
    } finally {
      await file.close()
    }
  })

  it('follows links within the tar, and none that lead out or in circles', async () => {
    const found = await indexOf([
      { name: 'one/layer.tar', content: 'layer' },
      { name: 'two/layer.tar', type: '2', linkName: '../one/layer.tar' },
      { name: 'hard', type: '1', linkName: 'one/layer.tar' },
      { name: 'out', type: '2', linkName: '../../etc/passwd' },
      { name: 'absolute', type: '2', linkName: '/etc/passwd' },
      { name: 'round', type: '2', linkName: 'about' },
      { name: 'about', type: '2', linkName: 'round' },
    ])
    expect(found.find('two/layer.tar')).toEqual(found.find('one/layer.tar'))
    expect(found.find('hard')).toEqual(found.find('one/layer.tar'))
    for (const name of ['out', 'absolute', 'round', 'toString', '__proto__'])
      expect(found.find(name)).toBeUndefined()
  })

  it('takes nothing for the content of a folder or link, whatever a pax header says', async () => {
    const found = await indexOf([
      { name: 'p', type: 'x', content: '12 size=512\n' },
      { name: 'folder/', type: '5' },
      { name: 'a', content: 'a' },
      { name: 'p', type: 'x', content: '12 size=512\n' },
      { name: 'link', type: '2', linkName: 'a' },
      { name: 'b', content: 'bb' },
    ])
    expect([found.find('a')?.size, found.find('b')?.size, found.find('link')?.size]).toEqual([1, 2, 1])
  })

  it('passes over folders, devices, pipes and names that lead out', async () => {
    const found = await indexOf([
      { name: '../index.json', content: 'evil' },
      { name: 'index.json/', type: '5' },
      { name: 'device', type: '3' },
      { name: 'pipe', type: '6' },
      { name: './index.json', content: 'good' },
    ])
    expect(found.find('index.json')).toMatchObject({ size: 4 })
    expect(found.find('device')).toBeUndefined()
  })

  it.each<[string, Uint8Array]>([
    ['two files of one name', sampleTar([{ name: 'a' }, { name: './a' }])],
    ['a file and a link of one name', sampleTar([{ name: 'a' }, { name: 'a', type: '2', linkName: 'b' }])],
    ['two files of one name, one from the root', sampleTar([{ name: 'a' }, { name: '/a' }])],
    ['two files of one name, one by a detour', sampleTar([{ name: 'a' }, { name: 'b/../a' }])],
    ['two files of one name, one with two slashes', sampleTar([{ name: 'b/a' }, { name: 'b//a' }])],
    [
      'a file within a link, which unpacked would be another',
      sampleTar([{ name: 'a' }, { name: 'here', type: '2', linkName: '.' }, { name: 'here/a' }]),
    ],
    ['nothing', new Uint8Array()],
    ['no tar', Buffer.from('{"schemaVersion":2}'.repeat(100))],
    ['a header whose checksum is wrong', sampleTar([{ name: 'a' }]).fill('b', 0, 1)],
    ['an entry longer than the file', sampleTar([{ name: 'a', content: 'x', size: 5000 }])],
    ['a sparse file', sampleTar([{ name: 'a', type: 'S' }])],
    ['a sparse file of pax', sampleTar([{ name: 'p', type: 'x', content: '22 GNU.sparse.major=1\n' }])],
    [
      'a pax header that lies about its length',
      sampleTar([{ name: 'p', type: 'x', content: '99 path=a\n' }]),
    ],
    ['a pax header without a length', sampleTar([{ name: 'p', type: 'x', content: 'path=a\n' }])],
    ['a size that is no number', sampleTar([{ name: 'p', type: 'x', content: '10 size=x\n' }])],
  ])('refuses %s', async (_, tar) => {
    await expect(index(tar)).rejects.toMatchObject({
      name: 'OciError',
      code: 'ARCHIVE_INVALID',
      reference: path,
    })
  })

  it.each<[string, readonly SampleTarEntry[]]>([
    ['too many entries', Array.from({ length: 11 }, (_, at) => ({ name: `f${at}` }))],
    ['too many folders', Array.from({ length: 11 }, () => ({ name: 'd/', type: '5' }))],
    ['a name that is too long', [{ name: 'l', type: 'L', content: 'x'.repeat(5000) }, { name: 'x' }]],
    ['a header of names that is too long', [{ name: 'l', type: 'L', content: 'x'.repeat(70_000) }]],
  ])('refuses %s', async (_, entries) => {
    await expect(indexOf(entries, 10)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })
})
