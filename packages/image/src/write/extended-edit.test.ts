import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { digestOf, mediaTypes } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ImageConfig } from '../config.schema.ts'
import type { Image } from '../image.ts'
import { testImage, type TestImageOptions } from '../internal/test-image.ts'
import { openImage } from '../open/open-image.ts'
import { createTarWriter, type TarWriterEntry } from '../tar/create-tar-writer.ts'
import { readTar } from '../tar/read-tar.ts'
import type { AttributeEdit, ImageEdit, NewEntry, RewrittenImage } from './image-edit.ts'
import { rewriteImage } from './rewrite-image.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'edit-test-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const file = (path: string, data = path): TarWriterEntry => ({ type: 'file', path, data })
const hard = (path: string, linkPath: string): TarWriterEntry => ({
  type: 'hardlink',
  path,
  linkPath,
  mode: 0o644,
})
const tar = (...entries: TarWriterEntry[]) => {
  const writer = createTarWriter()
  for (const entry of entries) writer.add(entry)
  return writer.finish()
}
const owner = { uid: 1000, gid: 1001, mtime: 1_700_000_000 }
const newFile = (text: string): NewEntry => ({
  type: 'file',
  content: Buffer.from(text),
  mode: 0o640,
  ...owner,
})
const newDirectory: NewEntry = { type: 'directory', mode: 0o1777, ...owner }
const edit = (parts: Partial<ImageEdit>): ImageEdit => ({
  remove: new Set(),
  replace: new Map(),
  createdBy: 'test',
  ...parts,
})
const adding = (entries: Record<string, NewEntry>, remove: string[] = []) =>
  edit({ add: new Map(Object.entries(entries)), remove: new Set(remove) })
const changing = (changes: Record<string, AttributeEdit>, parts: Partial<ImageEdit> = {}) =>
  edit({ attributes: new Map(Object.entries(changes)), ...parts })

const open = (layers: Uint8Array[], options?: TestImageOptions): Promise<Image> => {
  const { source, raw } = testImage(layers, options)
  return openImage(source, raw, { directory })
}
const reopen = (rewritten: RewrittenImage) => openImage(rewritten.image, rewritten.raw, { directory })

async function entries(image: Image, position: number): Promise<string[]> {
  const layer = image.layers[position]
  if (layer === undefined) throw new Error('no such layer')
  const chunks: Uint8Array[] = []
  for await (const chunk of image.open(layer.descriptor)) chunks.push(chunk)
  const found: string[] = []
  for await (const event of readTar([gunzipSync(Buffer.concat(chunks))])) {
    if (event.type !== 'entry') continue
    const { path, type, linkPath, mode } = event.entry
    found.push(`${path}${type === 'hardlink' ? `=${linkPath}` : ''} ${mode.toString(8)}`)
  }
  return found
}
const contentOf = async (image: Image, path: string) => {
  const node = image.tree.get(path)
  return node === undefined ? undefined : Buffer.from(await image.readFile(node)).toString()
}

describe('rewriteImage with new paths', () => {
  it('puts them into one new layer, parents first and hard links last, with a line of history', async () => {
    await using image = await open([tar(file('a')), tar(file('d/b'))])
    const change = adding({
      '/d/a-link': { type: 'hardlink', linkTo: '/d/new' },
      '/d/new': newFile('text'),
      '/e/f': newFile('inner'),
      '/e': newDirectory,
      '/l': { type: 'symlink', linkTarget: 'd/new', ...owner },
    })
    await using result = await rewriteImage(image, change, { directory })
    await using again = await reopen(result)
    expect(result.manifest.layers.slice(0, 2)).toEqual(image.manifest.layers)
    expect(await entries(again, 2)).toEqual([
      'd/new 640',
      'e/ 1777',
      'e/f 640',
      'l 777',
      'd/a-link=d/new 640',
    ])
    expect(again.tree.get('/d/new')).toMatchObject({ mode: 0o640, ...owner })
    expect(await contentOf(again, '/d/a-link')).toBe('text')
    expect(result.config.history).toEqual([
      { created_by: 'layer 0' },
      { created_by: 'layer 1' },
      { created_by: 'test' },
    ])
  })

  it('gives a removed path another kind, and leaves nothing of the old one', async () => {
    await using image = await open([tar(file('d/secret'), file('f', 'old'))])
    const change = adding({ '/d': newFile('now a file'), '/f': newDirectory, '/f/g': newFile('x') }, [
      '/d',
      '/d/secret',
      '/f',
    ])
    await using result = await rewriteImage(image, change, { directory })
    await using again = await reopen(result)
    expect(again.layers).toHaveLength(1)
    expect(await entries(again, 0)).toEqual(['d 640', 'f/ 1777', 'f/g 640'])
  })

  it('keeps a removed directory into which something new comes', async () => {
    await using image = await open([tar({ type: 'directory', path: 'd/', mode: 0o700 }, file('d/old'))])
    const change = adding({ '/d/new': newFile('x') }, ['/d', '/d/old'])
    await using result = await rewriteImage(image, change, { directory })
    await using again = await reopen(result)
    expect([...again.tree.entries()].map(({ path }) => path)).toEqual(['/', '/d', '/d/new'])
    expect(again.tree.get('/d')?.mode).toBe(0o700)
  })

  it('makes a removed directory anew, with what comes into it', async () => {
    await using image = await open([tar({ type: 'directory', path: 'd/', mode: 0o700 }, file('d/old'))])
    const change = adding({ '/d': newDirectory, '/d/new': newFile('x') }, ['/d', '/d/old'])
    await using result = await rewriteImage(image, change, { directory })
    await using again = await reopen(result)
    expect(again.layers).toHaveLength(1)
    expect(await entries(again, 0)).toEqual(['d/ 1777', 'd/new 640'])
  })

  it.each([
    ['a path that exists', 'PATH_INVALID', adding({ '/a': newFile('x') })],
    [
      'a directory that stays, though it was to be removed',
      'PATH_INVALID',
      adding({ '/d': newFile('x') }, ['/d']),
    ],
    ['a path without a directory', 'PATH_INVALID', adding({ '/none/b': newFile('x') })],
    ['a path below a file', 'PATH_INVALID', adding({ '/a/b': newFile('x') })],
    ['a path through a link', 'PATH_INVALID', adding({ '/s/b': newFile('x') })],
    ['a path that escapes', 'PATH_INVALID', adding({ '/d/../../b': newFile('x') })],
    ['a path that is not canonical', 'PATH_INVALID', adding({ b: newFile('x') })],
    ['the root', 'PATH_INVALID', adding({ '/': newDirectory })],
    ['a name that reads as a whiteout', 'PATH_INVALID', adding({ '/d/.wh.x': newFile('x') })],
    ['a hard link to what is there', 'PATH_INVALID', adding({ '/b': { type: 'hardlink', linkTo: '/a' } })],
    ['a mode that is none', 'EDIT_INVALID', adding({ '/b': { ...newDirectory, mode: 0o10000 } as NewEntry })],
    ['an owner that is none', 'EDIT_INVALID', adding({ '/b': { ...newDirectory, uid: -1 } as NewEntry })],
    [
      'a content that is cut',
      'EDIT_INVALID',
      adding({
        '/b': {
          type: 'file',
          mode: 0o644,
          ...owner,
          content: {
            size: 9,
            async *open() {
              yield Buffer.from('short')
            },
          },
        },
      }),
    ],
  ])('refuses %s', async (_, code, change) => {
    await using image = await open([
      tar(file('a'), file('d/b'), { type: 'symlink', path: 's', linkPath: 'd' }),
    ])
    await expect(rewriteImage(image, change, { directory })).rejects.toMatchObject({ code })
    expect(await readdir(directory)).toHaveLength(1)
  })
})

describe('rewriteImage with other metadata', () => {
  it('changes the header in the layer that holds the path, and keeps the other layers', async () => {
    await using image = await open([
      tar({ type: 'directory', path: 'd/', mode: 0o755 }, file('x')),
      tar({ ...file('d/su'), mode: 0o4755, userName: 'root' }, file('y')),
    ])
    const change = changing({ '/d/su': { mode: 0o755, uid: 5 } })
    await using result = await rewriteImage(image, change, { directory })
    await using again = await reopen(result)
    expect(result.manifest.layers[0]).toEqual(image.manifest.layers[0])
    expect(await entries(again, 1)).toEqual(['d/su 755', 'y 644'])
    expect(again.tree.get('/d/su')).toMatchObject({ mode: 0o755, uid: 5, gid: 0 })
    await using second = await rewriteImage(again, change, { directory })
    expect(second.raw).toBe(again.raw)
  })

  it('changes a file for all its hard links, but not for one with a new content', async () => {
    await using image = await open([tar(file('a', 'text'), hard('b', 'a'), hard('c', 'a'))])
    const change = changing({ '/b': { mode: 0o600 } }, { replace: new Map([['/c', Buffer.from('new')]]) })
    await using result = await rewriteImage(image, change, { directory })
    await using again = await reopen(result)
    expect(await entries(again, 0)).toEqual(['a 600', 'b=a 600', 'c 644'])
  })

  it('leaves a copy of the file in a higher layer as it was', async () => {
    const xattrs = new Map([['security.capability', Buffer.of(1)]])
    await using image = await open([tar({ ...file('a', 'text'), xattrs }), tar(hard('b', 'a'))])
    await using result = await rewriteImage(image, changing({ '/a': { xattrs: new Map() } }), { directory })
    await using again = await reopen(result)
    expect(again.tree.get('/a')?.xattrs.size).toBe(0)
    expect(again.tree.get('/b')?.xattrs.size).toBe(1)
    await using other = await rewriteImage(image, changing({ '/b': { xattrs: new Map() } }), { directory })
    await using reread = await reopen(other)
    expect(reread.tree.get('/a')?.xattrs.size).toBe(1)
    expect(reread.tree.get('/b')?.xattrs.size).toBe(0)
  })

  it('changes directories: the last of several headers, or one made for it, the root too', async () => {
    const folder = (mode: number): TarWriterEntry => ({ type: 'directory', path: 'd/', mode })
    await using image = await open([tar(folder(0o777), file('e/f/x')), tar(folder(0o1777), file('d/y'))])
    const change = changing({ '/d': { mode: 0o755 }, '/e': { mode: 0o700 }, '/': { gid: 3 } })
    await using result = await rewriteImage(image, change, { directory })
    await using again = await reopen(result)
    expect(await entries(again, 0)).toEqual(['./ 755', 'e/ 700', 'd/ 777', 'e/f/x 644'])
    expect(await entries(again, 1)).toEqual(['d/ 755', 'd/y 644'])
  })

  it.each([
    ['a missing path', 'PATH_INVALID', changing({ '/missing': { mode: 0 } })],
    ['a removed path', 'PATH_INVALID', changing({ '/a': { mode: 0 } }, { remove: new Set(['/a']) })],
    ['a fraction of a mode', 'EDIT_INVALID', changing({ '/a': { mode: 0.5 } })],
    ['a group that no system has', 'EDIT_INVALID', changing({ '/a': { gid: 2 ** 32 } })],
    ['two modes of one file', 'EDIT_INVALID', changing({ '/a': { mode: 1 }, '/b': { mode: 2 } })],
  ])('refuses %s', async (_, code, change) => {
    await using image = await open([tar(file('a'), hard('b', 'a'))])
    await expect(rewriteImage(image, change, { directory })).rejects.toMatchObject({ code })
  })
})

describe('rewriteImage with another configuration', () => {
  const history = [{ created_by: 'ARG token=secret' }, { created_by: 'env', empty_layer: true }]
  const options: TestImageOptions = { config: { config: { Env: ['A=b'] }, history, 'x-own': 1 } }

  it('changes it without touching a layer, its texts of history too', async () => {
    await using image = await open([tar(file('a'))], options)
    const change = edit({
      config: (config) => ({
        ...config,
        config: { ...config.config, User: '65532:65532' },
        rootfs: { type: 'layers', diff_ids: [] },
        history: (config.history ?? []).map((line) => ({
          ...line,
          created_by: (line.created_by ?? '').replace('secret', '***'),
        })),
      }),
    })
    await using result = await rewriteImage(image, change, { directory })
    expect(result.manifest.layers).toEqual(image.manifest.layers)
    await using again = await reopen(result)
    expect(again.config).toEqual({
      ...image.config,
      config: { Env: ['A=b'], User: '65532:65532' },
      history: [
        { created_by: 'ARG token=***' },
        { created_by: 'env', empty_layer: true },
        { created_by: 'test', empty_layer: true },
      ],
    })
  })

  it('is no change when it gives back what it got, even after writing into it', async () => {
    await using image = await open([tar(file('a'))], options)
    await using same = await rewriteImage(image, edit({ config: (config) => config }), { directory })
    expect(same.raw).toBe(image.raw)
    const rude = edit({
      config: (config) => {
        config.config = { User: '1' }
        return config
      },
    })
    await using result = await rewriteImage(image, rude, { directory })
    expect(image.config.config).toEqual({ Env: ['A=b'] })
    expect(result.config.config).toEqual({ User: '1' })
  })

  it.each([
    ['is none', () => undefined as unknown as ImageConfig],
    ['has a wrong type', (config: ImageConfig) => ({ ...config, config: { Env: 1 as never } })],
    ['is of another platform', (config: ImageConfig) => ({ ...config, architecture: 'arm64' })],
    ['has fewer lines of history', (config: ImageConfig) => ({ ...config, history: [] })],
    [
      'makes a layer of a line of history',
      (config: ImageConfig) => ({
        ...config,
        history: (config.history ?? []).map((line) => ({ ...line, empty_layer: false })),
      }),
    ],
  ])('refuses one that %s', async (_, config) => {
    await using image = await open([tar(file('a'))], options)
    await expect(rewriteImage(image, edit({ config }), { directory })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
    expect(await readdir(directory)).toHaveLength(1)
  })
})

describe('rewriteImage into one layer', () => {
  const layers = [
    tar({ ...file('a', 'old'), mode: 0o4755 }, file('gone'), file('b', 'text'), hard('c', 'b')),
    tar(file('.wh.gone'), hard('d', 'b'), file('e/f')),
  ]

  it('holds all that can be seen, sorted, and keeps the lines of history', async () => {
    await using image = await open(layers)
    const change = changing({ '/a': { mode: 0o755 } }, { add: new Map([['/0', newFile('x')]]) })
    await using result = await rewriteImage(image, change, { directory, squash: true })
    await using again = await reopen(result)
    expect(again.layers).toHaveLength(1)
    expect(await entries(again, 0)).toEqual([
      'a 755',
      'b 644',
      'c=b 644',
      'd 644',
      'e/ 755',
      'e/f 644',
      '0 640',
    ])
    expect(result.config.history).toEqual([
      { created_by: 'layer 0', empty_layer: true },
      { created_by: 'layer 1', empty_layer: true },
      { created_by: 'test' },
    ])
    await using second = await rewriteImage(again, edit({}), { directory, squash: true })
    expect(second.raw).toBe(again.raw)
  })

  it.each([
    ['keep', false, mediaTypes.ociLayerGzip],
    ['zstd', false, mediaTypes.ociLayerZstd],
    ['gzip', true, mediaTypes.dockerLayerGzip],
  ] as const)('is compressed as asked: %s (docker: %s)', async (compression, docker, mediaType) => {
    await using image = await open(layers, { docker })
    await using result = await rewriteImage(image, edit({}), { directory, squash: true, compression })
    expect(result.manifest.layers.map((layer) => layer.mediaType)).toEqual([mediaType])
    expect(digestOf(result.raw.bytes)).toBe(result.raw.descriptor.digest)
  })
})
