import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type FileTree, openImage } from '@sallyport/image'
import { createImage } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { matchPattern } from './match-pattern.ts'

let tree: FileTree
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'match-pattern-'))
  const source = createImage({
    layers: [
      {
        files: {
          '/usr/lib/a/libc.so': 'c',
          '/usr/lib/b/libc.so': 'c',
          '/usr/lib/b/deep/er/libx.so': 'x',
          '/usr/local/lib/y': 'y',
          '/lib': { symlink: '/usr/lib' },
          '/usr/lib/b/loop': { symlink: '/usr/lib' },
          '/libz': 'z',
        },
      },
    ],
  })
  // Disposed with its folder.
  tree = (await openImage(source, source.raw, { directory })).tree
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const match = (pattern: string, steps = 1000) =>
  [...matchPattern(tree, pattern, { steps })].map(({ path }) => path).sort()

describe('matchPattern', () => {
  it.each([
    ['one part', '/usr/lib/⋯/libc.so', ['/usr/lib/a/libc.so', '/usr/lib/b/libc.so']],
    ['one part behind a link', '/lib/⋯/libc.so', ['/usr/lib/a/libc.so', '/usr/lib/b/libc.so']],
    ['any number of parts, also none', '/usr/lib/b/*/libx.so', ['/usr/lib/b/deep/er/libx.so']],
    ['all below', '/usr/lib/b/*', ['/usr/lib/b/deep/er/libx.so', '/usr/lib/b/libc.so', '/usr/lib/b/loop']],
    ['a name without its beginning', '/*/er/libx.so', ['/usr/lib/b/deep/er/libx.so']],
    ['a name without its end', '/usr/lo*', ['/usr/local/lib/y']],
    ['a part of a name', '/usr/lib/⋯/lib⋯.so', ['/usr/lib/a/libc.so', '/usr/lib/b/libc.so']],
    ['no folder', '/usr/⋯', []],
    ['nothing', '/usr/lib/⋯/⋯/⋯/⋯/⋯', []],
  ])('finds %s', (_, pattern, expected) => {
    expect(match(pattern)).toEqual(expected)
  })

  it('gives up on patterns that take too much work', () => {
    expect(() => match('/*/*/*/*/x', 20)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })
})
