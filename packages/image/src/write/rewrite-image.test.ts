import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { type BlobReader, type Descriptor, digestOf, mediaTypes } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Image } from '../image.ts'
import { testImage, type TestImageOptions } from '../internal/test-image.ts'
import { openImage } from '../open/open-image.ts'
import { createTarWriter, type TarWriterEntry } from '../tar/create-tar-writer.ts'
import { readTar } from '../tar/read-tar.ts'
import type { ImageEdit } from './image-edit.ts'
import { rewriteImage } from './rewrite-image.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'rewrite-test-'))
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
const edit = (remove: string[] = [], replace: Record<string, string> = {}): ImageEdit => ({
  remove: new Set(remove),
  replace: new Map(Object.entries(replace).map(([path, text]) => [path, Buffer.from(text)])),
  createdBy: 'sallyport test',
})

const open = (layers: Uint8Array[], options?: TestImageOptions): Promise<Image> => {
  const { source, raw } = testImage(layers, options)
  return openImage(source, raw, { directory })
}

async function readAll(source: BlobReader, blob: Descriptor): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of source.open(blob)) chunks.push(chunk)
  return Buffer.concat(chunks)
}

async function names(source: BlobReader, blob: Descriptor): Promise<string[]> {
  const found: string[] = []
  for await (const event of readTar([gunzipSync(await readAll(source, blob))])) {
    if (event.type === 'entry') {
      const { path, type, linkPath } = event.entry
      found.push(type === 'hardlink' ? `${path}=${linkPath}` : path)
    }
  }
  return found
}

describe('rewriteImage', () => {
  it('gives the own manifest back when nothing changes and nothing is hidden', async () => {
    await using image = await open([
      tar(file('a'), file('.wh.never')),
      tar({ type: 'directory', path: 'd/' }),
    ])
    await using result = await rewriteImage(image, { ...edit(), annotations: { a: 'b' } }, { directory })
    expect(result.raw).toBe(image.raw)
    expect(await readdir(directory)).toHaveLength(1)
  })

  it('removes a path from its layer, and keeps the other layers as they are', async () => {
    await using image = await open([tar(file('a'), file('b')), tar(file('c'))])
    await using result = await rewriteImage(image, edit(['/b']), { directory })
    const [first, second] = result.manifest.layers
    if (first === undefined || second === undefined) throw new Error('no layers')
    expect(await names(result.image, first)).toEqual(['a'])
    expect(second).toEqual(image.manifest.layers[1])
    expect(digestOf(await readAll(result.image, second))).toBe(second.digest)
    expect(result.config.rootfs.diff_ids).toEqual([digestOf(tar(file('a'))), image.layers[1]?.diffId])
    expect(result.config.history).toEqual([
      { created_by: 'layer 0' },
      { created_by: 'layer 1' },
      { created_by: 'sallyport test', empty_layer: true },
    ])
    const bytes = await readAll(result.image, result.manifest.config)
    expect(JSON.parse(bytes.toString())).toEqual(result.config)
  })

  it('takes the bytes out that later layers deleted or overwrote, and the whiteouts with them', async () => {
    await using image = await open([
      tar(file('a', 'old'), file('b', 'secret'), file('d/x'), file('e/y')),
      tar(
        file('a', 'new'),
        file('.wh.b'),
        file('d/.wh..wh..opq'),
        file('d/z'),
        file('.wh.e'),
        file('.wh.never'),
      ),
    ])
    await using result = await rewriteImage(image, edit(), { directory })
    const [only, ...rest] = result.manifest.layers
    if (only === undefined) throw new Error('no layers')
    expect(rest).toEqual([])
    expect(await names(result.image, only)).toEqual(['a', 'd/z'])
    expect(result.config.history?.map(({ created_by }) => created_by)).toEqual(['layer 1', 'sallyport test'])
  })

  it('drops a layer that is empty with the right line of history', async () => {
    const history = [
      { created_by: 'base' },
      { created_by: 'env', empty_layer: true },
      { created_by: 'gone', comment: 'x' },
      { created_by: 'cmd', empty_layer: true },
    ]
    await using image = await open([tar(file('a')), tar(file('b'))], {
      config: { history, created: '2020-01-01T00:00:00Z' },
    })
    await using result = await rewriteImage(image, edit(['/b']), { directory })
    expect(result.config.history).toEqual([
      { created_by: 'base' },
      { created_by: 'env', empty_layer: true },
      { created_by: 'cmd', empty_layer: true },
      { created: '2020-01-01T00:00:00Z', created_by: 'sallyport test', empty_layer: true },
    ])
    expect(result.manifest.layers).toEqual([image.manifest.layers[0]])
  })

  it('keeps one layer, empty, when everything goes', async () => {
    await using image = await open([tar(file('a')), tar(file('b'))])
    await using result = await rewriteImage(image, edit(['/a', '/b']), { directory })
    await using again = await openImage(result.image, result.raw, { directory })
    expect(again.layers).toHaveLength(1)
    expect(again.tree.size).toBe(1)
  })

  it('writes new content with the old metadata, whatever the header was', async () => {
    const xattrs = new Map([['security.capability', Buffer.from('0100000200040000ff', 'hex')]])
    const old = {
      mode: 0o4750,
      uid: 3_000_000,
      gid: 4,
      mtime: 1_700_000_000.125_5,
      userName: 'né',
      xattrs,
    }
    await using image = await open([tar({ ...file(`${'long/'.repeat(50)}f`), ...old }, file('b'))])
    const path = `/${'long/'.repeat(50)}f`
    await using result = await rewriteImage(image, edit([], { [path]: 'new content' }), { directory })
    await using again = await openImage(result.image, result.raw, { directory })
    const node = again.tree.get(path)
    if (node === undefined) throw new Error('missing')
    expect(node).toMatchObject({
      mode: 0o4750,
      uid: 3_000_000,
      gid: 4,
      mtime: 1_700_000_000.125_5,
      size: 11,
    })
    expect([...node.xattrs].map(([name, value]) => [name, Buffer.from(value).toString('hex')])).toEqual([
      ['security.capability', '0100000200040000ff'],
    ])
    expect(Buffer.from(await again.readFile(node)).toString()).toBe('new content')
  })

  it('gives the content of a removed first hard link to the next one', async () => {
    await using image = await open([
      tar(file('a', 'text'), hard('b', 'a'), hard('c', 'a'), hard('d', 'b'), file('e')),
    ])
    await using result = await rewriteImage(image, edit(['/a']), { directory })
    const layer = result.manifest.layers[0]
    if (layer === undefined) throw new Error('no layer')
    expect(await names(result.image, layer)).toEqual(['b', 'c=b', 'd=b', 'e'])
  })

  it('replaces one of several hard links like a new file of that name', async () => {
    await using image = await open([tar(file('a', 'text'), hard('b', 'a'), hard('c', 'b'))])
    await using result = await rewriteImage(image, edit([], { '/b': 'other' }), { directory })
    const layer = result.manifest.layers[0]
    if (layer === undefined) throw new Error('no layer')
    expect(await names(result.image, layer)).toEqual(['a', 'b', 'c=a'])
  })

  it('keeps the metadata that the last hard link gave, when that link goes', async () => {
    await using image = await open([
      tar({ ...file('a', 'text'), mode: 0o644 }, { ...hard('b', 'a'), mode: 0o4755, uid: 7 }),
    ])
    await using result = await rewriteImage(image, edit(['/b']), { directory })
    await using again = await openImage(result.image, result.raw, { directory })
    expect(again.tree.get('/a')).toMatchObject({ mode: 0o4755, uid: 7 })
  })

  it('gives a hard link across layers its own content when the lower file goes, and leaves it otherwise', async () => {
    await using image = await open([tar(file('a', 'text'), file('x')), tar(hard('b', 'a'))])
    {
      await using result = await rewriteImage(image, edit(['/x']), { directory })
      expect(result.manifest.layers[1]).toEqual(image.manifest.layers[1])
    }
    for (const change of [edit(['/a']), edit([], { '/a': 'new' })]) {
      await using result = await rewriteImage(image, change, { directory })
      await using again = await openImage(result.image, result.raw, { directory })
      const node = again.tree.get('/b')
      if (node === undefined) throw new Error('missing')
      expect(Buffer.from(await again.readFile(node)).toString()).toBe('text')
    }
  })

  it('keeps a directory in which something stays, and a parent that no layer mentions', async () => {
    await using image = await open([
      tar({ type: 'directory', path: 'd/', mode: 0o700 }, file('d/a'), file('e/f/b'), file('z')),
    ])
    await using result = await rewriteImage(image, edit(['/d', '/e/f/b']), { directory })
    await using again = await openImage(result.image, result.raw, { directory })
    expect([...again.tree.entries()].map(({ path }) => path)).toEqual(['/', '/d', '/d/a', '/e', '/e/f', '/z'])
    expect(again.tree.get('/d')?.mode).toBe(0o700)
  })

  it('copies entries that stay byte for byte', async () => {
    const kept = tar({
      ...file('k'.repeat(150)),
      mtime: 1.25,
      xattrs: new Map([['user.x', Buffer.of(0xff)]]),
    })
    const removed = tar(file('gone')).subarray(0, 1024)
    await using image = await open([Buffer.concat([removed, kept])])
    await using result = await rewriteImage(image, edit(['/gone']), { directory })
    const layer = result.manifest.layers[0]
    if (layer === undefined) throw new Error('no layer')
    expect(Buffer.compare(gunzipSync(await readAll(result.image, layer)), kept)).toBe(0)
  })

  it.each([
    ['after the end', (bytes: Buffer) => Buffer.concat([bytes, Buffer.from('hidden'.padEnd(512, '\0'))])],
    ['in the padding of a file', (bytes: Buffer) => bytes.fill('hidden', 512 + 100, 512 + 106)],
  ])('takes bytes out that are hidden %s', async (_, hide) => {
    await using image = await open([hide(Buffer.from(tar(file('a'))))])
    await using result = await rewriteImage(image, edit(), { directory })
    const layer = result.manifest.layers[0]
    if (layer === undefined) throw new Error('no layer')
    expect(gunzipSync(await readAll(result.image, layer)).includes('hidden')).toBe(false)
    await using again = await openImage(result.image, result.raw, { directory })
    await using second = await rewriteImage(again, edit(), { directory })
    expect(second.raw.descriptor.digest).toBe(result.raw.descriptor.digest)
  })

  it.each([
    ['gzip', true, mediaTypes.dockerLayerGzip],
    ['gzip', false, mediaTypes.ociLayerGzip],
    ['zstd', false, mediaTypes.ociLayerZstd],
    ['keep', false, mediaTypes.ociLayer],
  ] as const)('writes %s layers (docker: %s) as %s', async (compression, docker, mediaType) => {
    const manifest = {
      subject: { mediaType: 'x/y', digest: digestOf('x'), size: 1 },
      annotations: { b: '1' },
      custom: 1,
    }
    const config = { 'x-unknown': { kept: true } }
    await using image = await open([tar(file('a'), file('b'))], {
      compression: compression === 'keep' ? 'none' : 'gzip',
      docker,
      manifest,
      config,
    })
    const change = { ...edit(['/a']), annotations: { a: '2' } }
    await using result = await rewriteImage(image, change, { directory, compression })
    expect(result.manifest.layers[0]?.mediaType).toBe(mediaType)
    expect(result.raw.descriptor.mediaType).toBe(image.raw.descriptor.mediaType)
    const written = JSON.parse(Buffer.from(result.raw.bytes).toString()) as Record<string, unknown>
    expect(written).toMatchObject({ annotations: { a: '2', b: '1' }, custom: 1 })
    expect(written).not.toHaveProperty('subject')
    expect(result.config['x-unknown']).toEqual({ kept: true })
    await using again = await openImage(result.image, result.raw, { directory })
    expect(again.tree.size).toBe(2)
  })

  it('writes the same bytes each time, with nothing of the machine in the gzip header', async () => {
    await using image = await open([tar(file('a'), file('b'))])
    await using one = await rewriteImage(image, edit(['/a']), { directory })
    await using two = await rewriteImage(image, edit(['/a']), { directory })
    expect(one.raw.descriptor.digest).toBe(two.raw.descriptor.digest)
    const layer = one.manifest.layers[0]
    if (layer === undefined) throw new Error('no layer')
    expect((await readAll(one.image, layer)).subarray(0, 10).toString('hex')).toBe('1f8b08000000000000ff')
  })

  it.each([
    ['removes a missing path', 'PATH_INVALID', edit(['/missing'])],
    ['removes the root', 'PATH_INVALID', edit(['/'])],
    ['replaces a missing path', 'PATH_INVALID', edit([], { '/missing': '' })],
    ['replaces a directory', 'NOT_A_FILE', edit([], { '/d': '' })],
    ['removes and replaces a path', 'PATH_INVALID', edit(['/a'], { '/a': '' })],
  ])('refuses an edit that %s, and leaves nothing behind', async (_, code, change) => {
    await using image = await open([tar(file('a'), file('d/b'))])
    await expect(rewriteImage(image, change, { directory })).rejects.toMatchObject({
      name: 'ImageError',
      code,
    })
    expect(await readdir(directory)).toHaveLength(1)
  })

  it('leaves nothing behind when it is aborted, nor when the result is disposed', async () => {
    await using image = await open([tar(file('a'), file('b')), tar(file('c'), file('d'))])
    const controller = new AbortController()
    const reason = new Error('stopped')
    const onProgress = () => controller.abort(reason)
    const rewriting = rewriteImage(image, edit(['/a', '/c']), {
      directory,
      signal: controller.signal,
      onProgress,
    })
    await expect(rewriting).rejects.toBe(reason)
    const result = await rewriteImage(image, edit(['/a', '/c']), { directory })
    await result[Symbol.asyncDispose]()
    expect(await readdir(directory)).toHaveLength(1)
    expect(await readFile(join(image.layoutDirectory, 'oci-layout'), 'utf8')).toContain('1.0.0')
  })
})
