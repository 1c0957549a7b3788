import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { folderLayerCache } from './folder-layer-cache.ts'

let parent: string
let directory: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'layer-cache-test-'))
  directory = join(parent, 'cache')
})
afterEach(() => rm(parent, { recursive: true, force: true }))

const key = (digit: string) => digit.repeat(64)

describe('folderLayerCache', () => {
  it('gives back what was put, and nothing under another key', async () => {
    const cache = folderLayerCache({ directory })
    expect(await cache.get(key('a'))).toBeUndefined()
    await cache.put(key('a'), Buffer.from('first'))
    await cache.put(key('a'), Buffer.from('second'))
    expect(Buffer.from((await cache.get(key('a')))!).toString()).toBe('second')
    expect(await cache.get(key('b'))).toBeUndefined()
    expect(await readdir(directory)).toEqual([`${key('a')}.facts`])
  })

  it('lets nobody else see it', async () => {
    await folderLayerCache({ directory }).put(key('a'), Buffer.from('x'))
    expect((await stat(directory)).mode & 0o777).toBe(0o700)
    expect((await stat(join(directory, `${key('a')}.facts`))).mode & 0o777).toBe(0o600)
  })

  it.each(['', '../escape', key('A'), `${key('a')}/x`, `${key('a')}a`])('takes no key %j', async (bad) => {
    const cache = folderLayerCache({ directory })
    await expect(cache.get(bad)).rejects.toBeInstanceOf(RangeError)
    await expect(cache.put(bad, Buffer.from('x'))).rejects.toBeInstanceOf(RangeError)
    expect(await readdir(parent)).toEqual([])
  })

  it('deletes what was not used for the longest time, and nothing that is not its own', async () => {
    let time = 1_000_000
    const cache = folderLayerCache({ directory, maxBytes: 100, now: () => time })
    await mkdir(directory)
    await writeFile(join(directory, 'notes.txt'), Buffer.alloc(1000))
    for (const digit of ['1', '2', '3']) {
      time += 1000
      await cache.put(key(digit), Buffer.alloc(30))
    }
    time += 1000
    await cache.get(key('1'))
    time += 1000
    await cache.put(key('4'), Buffer.alloc(30))
    expect(await readdir(directory)).toEqual(
      ['1', '3', '4'].map((digit) => `${key(digit)}.facts`).concat('notes.txt'),
    )
    await cache.put(key('5'), Buffer.alloc(101))
    expect(await cache.get(key('5'))).toBeUndefined()
  })

  it('deletes parts that a process left behind, but not those of one that still writes', async () => {
    const cache = folderLayerCache({ directory })
    await cache.put(key('1'), Buffer.from('x'))
    const part = (digit: string) => join(directory, `${key(digit)}.00000000-0000-4000-8000-000000000000.part`)
    for (const digit of ['8', '9']) await writeFile(part(digit), 'half')
    await utimes(part('8'), 0, 0)
    await cache.put(key('2'), Buffer.from('x'))
    expect((await readdir(directory)).filter((name) => name.endsWith('.part'))).toHaveLength(1)
    expect((await readFile(part('9'))).toString()).toBe('half')
  })

  it('survives many that write the same at once', async () => {
    const caches = Array.from({ length: 8 }, () => folderLayerCache({ directory }))
    const bytes = Buffer.alloc(200_000, 'content')
    await Promise.all(caches.map((cache) => cache.put(key('a'), bytes)))
    expect(bytes.equals((await caches[0]!.get(key('a')))!)).toBe(true)
    expect(await readdir(directory)).toHaveLength(1)
  })
})
