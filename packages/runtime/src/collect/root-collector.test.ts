import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, mkdtemp, rm, symlink, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { FileBaseline } from '../drift/file-baseline.ts'
import type { FileObservation } from '../drift/file-observation.ts'
import { changesCollector, parseChanges } from './changes-collector.ts'
import { createHashCache } from './hash-cache.ts'
import { nativeAttributes } from './native-attributes.ts'
import { rootCollector, type RootCollectorOptions } from './root-collector.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

let root: string
let outside: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sallyport-root-'))
  outside = await mkdtemp(join(tmpdir(), 'sallyport-outside-'))
  await writeFile(join(outside, 'secret'), 'secret')
})
afterEach(async () => {
  for (const path of [root, outside]) await rm(path, { recursive: true, force: true })
})

const known = (path: string) => ({
  path,
  type: 'file' as const,
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 0,
  sha256: '',
})
const baseline = new FileBaseline([known('/a'), known('/d/b')])
const collect = async (options?: RootCollectorOptions) => {
  const seen = await Array.fromAsync(rootCollector(root, options).collect({ baseline }))
  return new Map(seen.map((each): [string, FileObservation] => [each.path, each]))
}

describe('rootCollector', () => {
  it('hashes what the image has and what may be executed, and looks only at the kind of other data', async () => {
    await mkdir(join(root, 'd'))
    await writeFile(join(root, 'a'), 'text')
    await writeFile(join(root, 'd/b'), '')
    await writeFile(join(root, 'data'), 'data')
    await writeFile(join(root, 'script'), '#!/bin/sh\n')
    await writeFile(join(root, 'program'), 'x', { mode: 0o755 })
    const seen = await collect()
    expect([...seen.keys()].sort()).toEqual(['/', '/a', '/d', '/d/b', '/data', '/program', '/script'])
    expect(seen.get('/a')).toMatchObject({ sha256: sha256('text'), size: 4, capability: '' })
    expect(seen.get('/d/b')).toMatchObject({ sha256: sha256('') })
    expect(seen.get('/script')).toMatchObject({ sha256: sha256('#!/bin/sh\n'), magic: 'script' })
    expect(seen.get('/program')).toMatchObject({ sha256: sha256('x'), mode: 0o755 })
    expect(seen.get('/data')).toMatchObject({ kind: 'present', sha256: undefined })
  })

  it('does not follow links out of the root, nor waits for a pipe', async () => {
    await symlink(outside, join(root, 'd'))
    await symlink(join(outside, 'secret'), join(root, 'a'))
    execFileSync('mkfifo', [join(root, 'pipe')])
    const seen = await collect()
    expect([...seen.keys()].sort()).toEqual(['/', '/a', '/d', '/pipe'])
    expect(seen.get('/a')).toMatchObject({
      type: 'symlink',
      linkTarget: join(outside, 'secret'),
      sha256: undefined,
    })
    expect(seen.get('/pipe')).toMatchObject({ type: 'fifo' })
  })

  it('reads names that are not valid UTF-8', async () => {
    await writeFile(Buffer.concat([Buffer.from(`${root}/`), Buffer.from([0xff, 0x41])]), '#!x')
    const seen = await collect()
    // Without a path as text its attributes can't be read, which is said.
    expect(seen.get('/\udcffA')).toMatchObject({
      magic: 'script',
      sha256: sha256('#!x'),
      capability: undefined,
    })
  })

  it('notices new content at the same size and time, also with what it remembers', async () => {
    const path = join(root, 'a')
    await writeFile(path, 'one')
    const time = new Date(1_700_000_000_000)
    await utimes(path, time, time)
    // A file of long ago, as far as the cache can tell.
    const cache = createHashCache({ now: () => Date.now() + 60_000 })
    expect((await collect({ cache })).get('/a')).toMatchObject({ sha256: sha256('one') })
    expect(cache.size).toBe(1)
    expect((await collect({ cache })).get('/a')).toMatchObject({ sha256: sha256('one') })
    await writeFile(path, 'two')
    await utimes(path, time, time)
    expect((await collect({ cache })).get('/a')).toMatchObject({ sha256: sha256('two') })
  })

  it('says what is too large or too much', async () => {
    await writeFile(join(root, 'a'), 'text')
    expect((await collect({ maxFileBytes: 3 })).get('/a')).toMatchObject({
      kind: 'unknown',
      reason: 'limit-exceeded',
    })
    await writeFile(join(root, 'b'), 'text')
    const seen = [...(await collect({ maxEntries: 1 })).values()]
    expect(seen).toContainEqual(expect.objectContaining({ kind: 'unknown', reason: 'limit-exceeded' }))
  })

  it('leaves out what the kernel makes up, and marks what is mounted', async () => {
    for (const name of ['proc', 'data', 'fuse']) {
      await mkdir(join(root, name))
      await writeFile(join(root, name, 'file'), '#!x')
    }
    const mounts = [
      { path: '/proc', type: 'proc', options: new Map() },
      { path: '/data', type: 'ext4', options: new Map() },
      { path: '/fuse', type: 'fuse.sshfs', options: new Map() },
    ]
    const seen = await collect({ mounts })
    expect(seen.get('/proc')).toMatchObject({ kind: 'mounted', isWalked: false })
    expect(seen.has('/proc/file')).toBe(false)
    expect(seen.get('/fuse')).toMatchObject({ kind: 'unknown' })
    expect(seen.has('/fuse/file')).toBe(false)
    expect(seen.get('/data')).toMatchObject({ kind: 'mounted', isWalked: true })
    expect(seen.get('/data/file')).toMatchObject({ magic: 'script', mount: '/data' })
  })

  it('finds what is mounted below what the kernel makes up', async () => {
    await mkdir(join(root, 'proc/fs/real'), { recursive: true })
    await mkdir(join(root, 'proc/other'))
    for (const path of ['proc/file', 'proc/fs/file', 'proc/fs/real/x', 'proc/bound', 'proc/other/x'])
      await writeFile(join(root, path), '#!x')
    const seen = await collect({
      mounts: [
        { path: '/', type: 'overlay', options: new Map() },
        { path: '/proc', type: 'proc', options: new Map() },
        { path: '/proc/fs/real', type: 'tmpfs', options: new Map() },
        { path: '/proc/bound', type: 'tmpfs', options: new Map() },
      ],
    })
    expect([...seen.keys()].filter((path) => path.startsWith('/proc')).sort()).toEqual([
      '/proc',
      '/proc/bound',
      '/proc/fs/real',
      '/proc/fs/real/x',
    ])
    expect(seen.get('/proc/fs/real/x')).toMatchObject({ magic: 'script', mount: '/proc/fs/real' })
    expect(seen.get('/proc/bound')).toMatchObject({ magic: 'script', mount: '/proc/bound' })
  })

  it('says what it did not look at in time, also within a file', async () => {
    const timeLimit = AbortSignal.abort()
    const [only, ...more] = await Array.fromAsync(rootCollector(root).collect({ baseline, timeLimit }))
    expect(only).toMatchObject({ kind: 'unknown', path: '/', reason: 'limit-exceeded' })
    expect(more).toEqual([])
    // Holes are read as fast as memory, and never end.
    await writeFile(join(root, 'a'), '')
    await truncate(join(root, 'a'), 8 * 1024 ** 3)
    const soon = new AbortController()
    const attributes = {
      ...nativeAttributes,
      list(path: string) {
        if (path.endsWith('/a')) setImmediate(() => soon.abort())
        return nativeAttributes.list(path)
      },
    }
    const seen = await Array.fromAsync(
      rootCollector(root, { attributes }).collect({ baseline, timeLimit: soon.signal }),
    )
    expect(seen).toContainEqual({
      kind: 'unknown',
      path: '/a',
      reason: 'limit-exceeded',
      message: '/a was not read in time',
    })
  })

  it('ends when it is cancelled, and rejects when there is nothing', async () => {
    const stop = AbortSignal.abort(new Error('enough'))
    await expect(Array.fromAsync(rootCollector(root).collect({ baseline, signal: stop }))).rejects.toThrow(
      'enough',
    )
    await expect(
      Array.fromAsync(rootCollector(join(root, 'none')).collect({ baseline })),
    ).rejects.toMatchObject({
      code: 'CONTAINER_UNAVAILABLE',
    })
  })
})

describe('changesCollector', () => {
  const changes = parseChanges([
    { Path: '/a', Kind: 0 },
    { Path: '/d', Kind: 0 },
    { Path: '/d/b', Kind: 2 },
  ])

  it('reads what is named inside of the root, links of directories followed there', async () => {
    await mkdir(join(root, 'real'))
    await writeFile(join(root, 'real/x'), '#!x')
    await writeFile(join(root, 'a'), 'text')
    await symlink('/real', join(root, 'd'))
    await symlink(outside, join(root, 'e'))
    const more = parseChanges('A /d/x\nA /e/secret\n')
    const seen = await Array.fromAsync(
      changesCollector([...changes, ...more], { root }).collect({ baseline }),
    )
    expect(seen).toMatchObject([
      { path: '/a', sha256: sha256('text') },
      { path: '/d', type: 'symlink' },
      { kind: 'deleted', path: '/d/b' },
      { path: '/d/x', sha256: sha256('#!x') },
      { kind: 'unknown', path: '/e/secret' },
    ])
  })

  it('says that names alone are not enough', async () => {
    const seen = await Array.fromAsync(changesCollector(changes).collect({ baseline }))
    expect(seen.map(({ kind }) => kind)).toEqual(['named', 'named', 'deleted'])
  })

  it.each([{}, [{ Path: 'a', Kind: 0 }], [{ Path: '/a', Kind: 3 }], 'X /a\n', 'A a\n', 'A/a\n'])(
    'refuses %j',
    (document) => {
      expect(() => parseChanges(document)).toThrow(expect.objectContaining({ code: 'OPTIONS_INVALID' }))
    },
  )

  it('takes null for nothing, as Docker says it', () => {
    expect(parseChanges(null)).toEqual([])
  })
})

it('a file that may not be read is unknown', async () => {
  await writeFile(join(root, 'a'), 'text')
  await chmod(join(root, 'a'), 0)
  await chmod(root, 0o755)
  // Root may read everything.
  const isRoot = process.geteuid?.() === 0
  if (isRoot) process.seteuid?.(65_534)
  try {
    expect((await collect()).get('/a')).toMatchObject({ kind: 'unknown', reason: 'permission-denied' })
  } finally {
    if (isRoot) process.seteuid?.(0)
  }
})
