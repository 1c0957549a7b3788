import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openImage } from '@sallyport/image'
import { createImage } from '@sallyport/testkit'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filterIndexes, filterShells, namesGoneModule } from './filter-indexes.ts'
import { filterLinkerCache } from './filter-linker-cache.ts'
import { cacheOf, type Library } from './linker-cache.fixture.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'indexes-test-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

const libraries: readonly Library[] = [
  { name: 'libz.so.1', path: '/lib/libz.so.1' },
  { name: 'libc.so.6', path: '/lib/glibc-hwcaps/v3/libc.so.6', hwcap: (1n << 62n) | 1n },
  { name: 'libc.so.6', path: '/lib/libc.so.6' },
]

describe('filterLinkerCache', () => {
  it('writes what ldconfig would, without the libraries that are gone', () => {
    const filtered = filterLinkerCache(cacheOf(libraries, ['v2', 'v3']), (path) => path === '/lib/libz.so.1')
    expect(Buffer.compare(filtered, cacheOf(libraries.slice(1), ['v2', 'v3']))).toBe(0)
  })

  it('keeps the new format of a file in both', () => {
    const filtered = filterLinkerCache(cacheOf(libraries, ['v2', 'v3'], 'ld.so-1.7.0\0old.'), (path) =>
      path.includes('libz'),
    )
    expect(Buffer.compare(filtered, cacheOf(libraries.slice(1), ['v2', 'v3']))).toBe(0)
  })

  it('gives the very bytes back when nothing is gone, or all is damaged or of another format', () => {
    const cache = cacheOf(libraries, ['v2', 'v3'])
    const more = Buffer.from(cache)
    more.writeUInt32LE(1_000_000, 20)
    const lost = Buffer.from(cache)
    lost.writeUInt32LE(0xffff_fff0, 48 + 8)
    for (const bytes of [more, lost, cache.subarray(0, 60), Buffer.from('ld.so-1.7.0'), cacheOf(libraries)])
      expect(filterLinkerCache(bytes, () => true)).toBe(bytes)
    expect(filterLinkerCache(cache, () => false)).toBe(cache)
  })

  it('never fails on any bytes, and taking out twice is taking out once', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 200 }),
        fc.nat({ max: 400 }),
        fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
        (noise, at, gone) => {
          const cache = cacheOf(libraries, ['v2', 'v3'])
          const hostile = Buffer.from(cache)
          hostile.set(noise.subarray(0, Math.max(0, hostile.length - at)), Math.min(at, hostile.length))
          filterLinkerCache(hostile, () => true)
          const isGone = (path: string) => gone[libraries.findIndex((one) => one.path === path)] === true
          const once = filterLinkerCache(cache, isGone)
          expect(filterLinkerCache(once, isGone)).toBe(once)
          const kept = libraries.filter((_, index) => !gone[index])
          expect(Buffer.compare(once, cacheOf(kept, ['v2', 'v3']))).toBe(0)
        },
      ),
      { numRuns: 300 },
    )
  })

  const own = '/etc/ld.so.cache'
  it.skipIf(!existsSync(own) || !existsSync('/sbin/ldconfig'))(
    'is read by ldconfig as it was, without what is gone',
    () => {
      const print = (cache: string) =>
        execFileSync('/sbin/ldconfig', ['-p', '-C', cache], { encoding: 'utf8' }).split('\n')
      const filtered = join(directory, 'filtered')
      const isGone = (path: string) => path.includes('libc')
      writeFileSync(filtered, filterLinkerCache(readFileSync(own), isGone))
      const before = print(own)
      const after = print(filtered)
      const left = before.slice(1).filter((line) => !isGone(line.slice(line.indexOf('=> '))))
      expect(after.slice(1)).toEqual(left)
      expect(left.length).toBeLessThan(before.length - 1)
    },
  )
})

describe('filterShells', () => {
  it('leaves out shells that are gone, and no other line', () => {
    const text = '# shells\n/bin/sh\n/usr/bin/bash\n/bin/dash \n'
    const isGone = (path: string) => path !== '/bin/sh'
    expect(Buffer.from(filterShells(Buffer.from(text), isGone)).toString()).toBe('# shells\n/bin/sh\n')
    const bytes = Buffer.from(text)
    expect(filterShells(bytes, () => false)).toBe(bytes)
  })
})

describe('namesGoneModule', () => {
  it.each([
    ['a module in its folder', 'INTERNAL\0ISO8859-1.so\0', '/gconv/ISO8859-1.so', true],
    ['a module without its ending', 'ISO8859-1\0', '/gconv/ISO8859-1.so', true],
    ['a whole path', '/opt/x.so\0', '/opt/x.so', true],
    ['other modules', 'ISO8859-1.so\0', '/gconv/ISO8859-2.so', false],
  ])('looks for %s', (_, text, gone, expected) => {
    expect(namesGoneModule(Buffer.from(`$\u0003\0${text}`), '/gconv', (path) => path === gone)).toBe(expected)
  })
})

describe('filterIndexes', () => {
  it('changes those that name what leaves, and drops a cache of converters that no package lists', async () => {
    const source = createImage({
      layers: [
        {
          files: {
            '/lib': { symlink: 'usr/lib' },
            '/usr/lib/libz.so.1': 'x',
            '/usr/lib/libc.so.6': 'x',
            '/usr/bin/bash': 'x',
            '/etc/ld.so.cache': cacheOf(libraries, ['v2', 'v3']),
            '/etc/shells': '/usr/bin/bash\n/usr/bin/missing-before\n',
            '/usr/lib/gconv/A.so': 'x',
            '/usr/lib/gconv/gconv-modules.cache': '\0A.so\0',
            '/usr/lib/64/gconv/B.so': 'x',
            '/usr/lib/64/gconv/gconv-modules.cache': '\0B.so\0',
          },
        },
      ],
    })
    await using image = await openImage(source, source.raw, { directory })
    const remove = new Set([
      '/usr/lib/libz.so.1',
      '/usr/bin/bash',
      '/usr/lib/gconv/A.so',
      '/usr/lib/64/gconv/B.so',
    ])
    const edit = { remove, replace: new Map<string, Uint8Array>() }
    await filterIndexes(image, edit, (path) => path.startsWith('/usr/lib/64'))
    expect([...edit.replace.keys()]).toEqual(['/etc/ld.so.cache', '/etc/shells'])
    expect(Buffer.from(edit.replace.get('/etc/ld.so.cache') ?? '').includes('libz')).toBe(false)
    expect(Buffer.from(edit.replace.get('/etc/shells') ?? '').toString()).toBe('/usr/bin/missing-before\n')
    expect([...remove].filter((path) => path.endsWith('.cache'))).toEqual([
      '/usr/lib/gconv/gconv-modules.cache',
    ])
  })
})
