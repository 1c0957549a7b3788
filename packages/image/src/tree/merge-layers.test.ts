import { describe, expect, it } from 'vitest'
import { createLayerIndexer } from '../layer/index-layer.ts'
import { createTarWriter, type TarWriterEntry } from '../tar/create-tar-writer.ts'
import { ImageTree } from './image-tree.ts'
import { mergeLayers } from './merge-layers.ts'

const file = (path: string, data = path): TarWriterEntry => ({ type: 'file', path, data })
const dir = (path: string, mode = 0o755): TarWriterEntry => ({ type: 'directory', path: `${path}/`, mode })
const link = (path: string, linkPath: string): TarWriterEntry => ({ type: 'symlink', path, linkPath })
const hard = (path: string, linkPath: string): TarWriterEntry => ({ type: 'hardlink', path, linkPath })

function merge(...layers: TarWriterEntry[][]): ImageTree {
  const indexes = layers.map((entries) => {
    const writer = createTarWriter()
    for (const entry of entries) writer.add(entry)
    const indexer = createLayerIndexer({})
    indexer.push(writer.finish())
    return indexer.finish()
  })
  return new ImageTree(mergeLayers(indexes, 10_000).root, 10_000)
}

/** Paths with a letter for the type; a file also with its layer. */
function show(tree: ImageTree): string {
  const letters = { file: 'f', directory: 'd', symlink: 'l' } as Record<string, string>
  return [...tree.entries()]
    .filter(({ path }) => path !== '/')
    .map(
      ({ path, type, layer }) => `${letters[type] ?? type}${type === 'file' ? layer : ''}:${path.slice(1)}`,
    )
    .join(' ')
}

describe('mergeLayers', () => {
  it.each([
    [
      'a directory that is replaced by a link gets no more files',
      [[dir('b'), file('a/1'), link('a', 'b'), file('a/2')]],
      'l:a d:b f0:b/2',
    ],
    ['a whiteout hides a file', [[file('a')], [file('.wh.a')]], ''],
    ['a whiteout hides a directory with its content', [[file('d/a')], [file('.wh.d')]], ''],
    [
      'a whiteout does not hide what its own layer adds before it',
      [[file('a')], [file('a'), file('.wh.a')]],
      'f1:a',
    ],
    ['nor what it adds after it', [[file('a')], [file('.wh.a'), file('a')]], 'f1:a'],
    [
      'a whiteout beside a new directory does nothing to one that is empty',
      [[dir('d')], [file('.wh.d'), file('d/new')]],
      'd:d f1:d/new',
    ],
    [
      'nor to one that an opaque marker hides as well',
      [[file('d/old')], [file('.wh.d'), dir('d'), file('d/.wh..wh..opq'), file('d/new')]],
      'd:d f1:d/new',
    ],
    [
      'a whiteout beside a link at the same place hides the old directory',
      [[file('d/old')], [link('d', 'e'), file('.wh.d')]],
      'l:d',
    ],
    [
      'an opaque marker hides lower content, wherever it stands',
      [[file('d/old')], [file('d/a'), file('d/.wh..wh..opq'), file('d/b')]],
      'd:d f1:d/a f1:d/b',
    ],
    ['an opaque marker in the root of the base hides nothing', [[file('.wh..wh..opq'), file('b')]], 'f0:b'],
    ['an opaque marker does not hide layers above', [[file('d/.wh..wh..opq')], [file('d/a')]], 'd:d f1:d/a'],
    ['a whiteout of nothing is harmless', [[file('a')], [file('.wh.b')]], 'f0:a'],
    ['a file over a directory removes its content', [[file('d/a')], [file('d')]], 'f1:d'],
    ['a link over a directory removes its content', [[file('d/a')], [link('d', 'e')]], 'l:d'],
    ['a directory over a file', [[file('d')], [dir('d')]], 'd:d'],
    ['a directory over a link', [[link('d', 'e'), file('e/x')], [dir('d')]], 'd:d d:e f0:e/x'],
    [
      'a path through a link of a lower layer replaces the link by a directory',
      [[link('d', 'e'), file('e/x')], [file('d/a')]],
      'd:d f1:d/a d:e f0:e/x',
    ],
    [
      'a path through a link of its own layer follows it',
      [[link('d', 'e/f'), file('d/a')]],
      'l:d d:e d:e/f f0:e/f/a',
    ],
    [
      'an absolute link of its own layer stays in the image',
      [[link('d', '/../e'), file('d/a')]],
      'l:d d:e f0:e/a',
    ],
    ['the last of two entries wins', [[file('a', 'one'), link('a', 'x')]], 'l:a'],
    ['a file replaces a directory of its own layer', [[file('a/b'), file('a')]], 'f0:a'],
    ['missing parents appear', [[file('a/b/c')]], 'd:a d:a/b f0:a/b/c'],
    ['bookkeeping of aufs is not shown', [[dir('.wh..wh.plnk'), file('.wh..wh.aufs'), file('a')]], 'f0:a'],
    ['names are made canonical', [[file('./a//b/./c'), file('/d')]], 'd:a d:a/b f0:a/b/c f0:d'],
    ['a dot is the root', [[dir('.', 0o700), dir('/', 0o711)]], ''],
  ])('%s', (_, layers, expected) => {
    expect(show(merge(...layers))).toBe(expected)
  })

  it.each([
    ['a parent path', 'PATH_INVALID', [file('../a')]],
    ['a parent path inside', 'PATH_INVALID', [file('a/../../b')]],
    ['a hard link to a parent path', 'PATH_INVALID', [hard('a', '../etc/passwd')]],
    ['a path deeper than any real one', 'PATH_INVALID', [file('d/'.repeat(300))]],
    ['a whiteout of nothing', 'PATH_INVALID', [file('d/.wh.')]],
    ['a whiteout of the parent', 'PATH_INVALID', [file('d/.wh...')]],
    ['something below a whiteout', 'PATH_INVALID', [file('.wh.a/b')]],
    ['something below a file', 'PATH_INVALID', [file('a'), file('a/b')]],
    ['a path through a loop of links', 'PATH_INVALID', [link('a', 'b'), link('b', 'a'), file('a/c')]],
    ['a root that is a file', 'PATH_INVALID', [file('.')]],
    ['bookkeeping of aufs by an absolute name', 'PATH_INVALID', [file('/.wh..wh.x')]],
    ['what is below bookkeeping of aufs', 'PATH_INVALID', [file('.wh..wh.plnk/node_modules/a')]],
    [
      'a directory that an overlay takes from another place',
      'TAR_UNSUPPORTED',
      [{ ...dir('d'), xattrs: new Map([['trusted.overlay.redirect', Buffer.from('/e')]]) }],
    ],
    [
      'a file that an overlay without privileges does not show',
      'TAR_UNSUPPORTED',
      [{ ...file('a', ''), xattrs: new Map([['user.overlay.whiteout', Buffer.from('y')]]) }],
    ],
    ['a hard link to nothing', 'TAR_INVALID', [hard('a', 'b')]],
    ['a hard link to itself', 'TAR_INVALID', [hard('a', 'a')]],
    ['a hard link to a directory', 'TAR_INVALID', [dir('d'), hard('a', 'd')]],
  ])('refuses %s', (_, code, entries) => {
    expect(() => merge(entries)).toThrow(expect.objectContaining({ name: 'ImageError', code }))
  })

  it.each<[string, TarWriterEntry[][]]>([
    ['a marker in the root above other layers', [[file('a')], [file('.wh..wh..opq'), file('b')]]],
    ['a whiteout and a new directory', [[file('d/old')], [file('.wh.d'), dir('d'), file('d/new')]]],
    ['a directory and then its whiteout', [[file('a/d/old')], [file('a/d/new'), file('a/.wh.d')]]],
  ])('refuses what hides content from some runtimes and not from an overlay: %s', (_, layers) => {
    expect(() => merge(...layers)).toThrow(
      expect.objectContaining({ name: 'ImageError', code: 'TAR_INVALID' }),
    )
  })

  it('refuses links that lead ever deeper', () => {
    const name = (count: number) => Array.from({ length: count }, (_, index) => `l${index}`).join('/')
    const entries = Array.from({ length: 8 }, (_, index) => link(name(index + 1), 'x/'.repeat(200)))
    expect(() => merge(entries)).toThrow(expect.objectContaining({ code: 'PATH_INVALID' }))
  })

  it('refuses more paths than allowed', () => {
    const entries = Array.from({ length: 200 }, (_, index) => file(`${index}/${'d/'.repeat(100)}f`))
    expect(() => merge(entries)).toThrow(expect.objectContaining({ code: 'LIMIT_EXCEEDED' }))
  })

  it('lets the metadata of the highest layer decide, and keeps that of a parent that is not mentioned', () => {
    const tree = merge([dir('d', 0o700), dir('e', 0o700)], [dir('d', 0o711), file('e/a')])
    expect(tree.get('/d')).toMatchObject({ mode: 0o711, layer: 1 })
    expect(tree.get('/e')).toMatchObject({ mode: 0o700, layer: 0 })
  })

  it('shares a file and its metadata between hard links of one layer', () => {
    const tree = merge([
      { ...file('a', 'text'), mode: 0o644 },
      { ...hard('b', 'a'), mode: 0o4755, uid: 5 },
      { ...hard('c', './b'), mode: 0o4755, uid: 5 },
    ])
    for (const path of ['/a', '/b', '/c'])
      expect(tree.get(path)).toMatchObject({ mode: 0o4755, uid: 5, size: 4 })
    expect(['/a', '/b', '/c'].map((path) => tree.get(path)?.hardlinkTo)).toEqual([undefined, '/a', '/a'])
  })

  it('gives another name to the shared content when the first one is gone', () => {
    const tree = merge([file('a', 'text'), hard('b', 'a'), hard('c', 'a')], [file('.wh.a')])
    expect(tree.get('/b')).toMatchObject({ size: 4, layer: 0 })
    expect(['/b', '/c'].map((path) => tree.get(path)?.hardlinkTo)).toEqual([undefined, '/b'])
  })

  it('finds the target of a hard link in a lower layer, also when the name leaves in the same layer', () => {
    for (const layer of [[hard('b', 'a')], [hard('b', 'a'), file('.wh.a')]]) {
      const tree = merge([file('a', 'text')], layer)
      expect(tree.get('/b')).toMatchObject({ type: 'file', size: 4, layer: 1 })
      expect(tree.get('/b')?.hardlinkTo).toBeUndefined()
    }
  })
})

describe('ImageTree', () => {
  const tree = merge([
    dir('usr/bin'),
    file('usr/bin/tool'),
    link('bin', 'usr/bin'),
    link('usr/bin/sh', 'tool'),
    link('abs', '/usr/../bin/sh'),
    link('up', '../../../../usr'),
    link('loop', 'loop'),
    link('a', 'b'),
    link('b', 'a'),
    link('dangling', 'nowhere/x'),
    file('usr-x'),
  ])

  it.each([
    ['/bin/sh', '/usr/bin/tool'],
    ['bin/../bin/./sh', '/usr/bin/tool'],
    ['/abs', '/usr/bin/tool'],
    ['/up/bin/tool', '/usr/bin/tool'],
    ['/../../bin/tool', '/usr/bin/tool'],
    ['/', '/'],
    ['/loop', undefined],
    ['/a/x', undefined],
    ['/dangling', undefined],
    ['/usr/bin/tool/x', undefined],
  ])('resolves %s to %s', (path, expected) => {
    expect(tree.resolve(path)?.path).toBe(expected)
  })

  it('leaves the last link when asked to', () => {
    expect(tree.resolve('/bin/sh', { followLast: false })?.path).toBe('/usr/bin/sh')
  })

  it.each([
    ['/bin/sh', '/usr/bin/sh'],
    ['/bin/missing', '/usr/bin/missing'],
    ['/missing/../x/', '/x'],
    ['/dangling/y', '/nowhere/x/y'],
    ['/loop/x', '/loop/x'],
  ])('makes %s canonical as %s', (path, expected) => {
    expect(tree.canonicalize(path)).toBe(expected)
  })

  it('follows up to 40 links', () => {
    const chain = (length: number) =>
      merge([file('l0'), ...Array.from({ length }, (_, index) => link(`l${index + 1}`, `l${index}`))])
    expect(chain(40).resolve('/l40')?.path).toBe('/l0')
    expect(chain(41).resolve('/l41')).toBeUndefined()
  })

  it('lists children and entries sorted by path', () => {
    expect(tree.children('/usr').map(({ path }) => path)).toEqual(['/usr/bin'])
    expect(tree.children('/usr/bin').map(({ path }) => path)).toEqual(['/usr/bin/sh', '/usr/bin/tool'])
    expect(tree.children('/missing')).toEqual([])
    const paths = [...tree.entries()].map(({ path }) => path)
    expect(paths).toEqual([...paths].sort())
    expect(paths).toHaveLength(tree.size)
  })
})
