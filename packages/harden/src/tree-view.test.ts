import { openImage } from '@sallyport/image'
import { createImage } from '@sallyport/testkit'
import { describe, expect, it } from 'vitest'
import { findLibraryNames } from './elf/find-strings.ts'
import { linksInParents, withoutPaths } from './tree-view.ts'

describe('withoutPaths', () => {
  it.each([
    [[], '/l/f', '/d/f'],
    [['/d/f'], '/l/f', undefined],
    [['/l'], '/l/f', undefined],
    [['/l'], '/d/f', '/d/f'],
    [['/d'], '/two', undefined],
    [[], '/two/../f', '/d/f'],
    [[], '/loop', undefined],
  ])('without %j finds %s at %s', async (removed, path, expected) => {
    const source = createImage({
      layers: [
        {
          files: {
            '/d/f': 'x',
            '/l': { symlink: 'd' },
            '/two': { symlink: '/l/f' },
            '/loop': { symlink: 'loop' },
          },
        },
      ],
    })
    await using image = await openImage(source, source.raw)
    expect(withoutPaths(image.tree, new Set(removed)).resolve(path)?.path).toBe(expected)
    expect(linksInParents(image.tree, '/l/f').map((link) => link.path)).toEqual(['/l'])
  })
})

describe('findLibraryNames', () => {
  it.each([
    ['x libfoo.so.1\0', ['libfoo.so.1']],
    ['/usr/lib/a.so;b.so.1.2', ['/usr/lib/a.so', 'b.so.1.2']],
    ['a.sock .so libx.solid', []],
  ])('in %j finds %j', (text, expected) => {
    expect(findLibraryNames(text)).toEqual(expected)
  })

  it('bounds how far back a name begins', () => {
    expect(findLibraryNames(`${'a'.repeat(2_000_000)}.so`)[0]).toHaveLength(203)
  })
})
