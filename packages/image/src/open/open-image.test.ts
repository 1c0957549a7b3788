import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { digestOf, mediaTypes } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memorySource, testImage } from '../internal/test-image.ts'
import { createTarWriter } from '../tar/create-tar-writer.ts'
import { openImage } from './open-image.ts'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'image-test-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const base = createTarWriter()
  .add({ type: 'directory', path: 'etc/', mode: 0o700 })
  .add({ type: 'file', path: 'etc/hostname', data: 'base\n' })
  .add({ type: 'file', path: 'bin/tool', data: 'tool', mode: 0o4755, uid: 3, gid: 4, mtime: 12.5 })
  .add({
    type: 'hardlink',
    path: 'bin/alias',
    linkPath: 'bin/tool',
    mode: 0o4755,
    uid: 3,
    gid: 4,
    mtime: 12.5,
  })
  .add({ type: 'symlink', path: 'lib', linkPath: 'usr/lib' })
  .finish()
const top = createTarWriter()
  .add({ type: 'file', path: 'etc/.wh.hostname' })
  .add({ type: 'file', path: 'etc/motd', data: 'hello' })
  .finish()

describe('openImage', () => {
  it.each(['none', 'gzip', 'zstd'] as const)('opens layers compressed by %s', async (compression) => {
    const { source, raw } = testImage([base, top], { compression })
    await using image = await openImage(source, raw, { directory })
    expect([...image.tree.entries()].map(({ path }) => path)).toEqual([
      '/',
      '/bin',
      '/bin/alias',
      '/bin/tool',
      '/etc',
      '/etc/motd',
      '/lib',
    ])
    expect(image.tree.get('/bin/alias')).toMatchObject({
      hardlinkTo: '/bin/tool',
      mode: 0o4755,
      size: 4,
      mtime: 12.5,
    })
    expect(image.tree.get('/bin/tool')?.hardlinkTo).toBeUndefined()
    expect(image.tree.get('/etc')).toMatchObject({ mode: 0o700, layer: 0 })
    expect(image.layers.map(({ createdBy }) => createdBy)).toEqual(['layer 0', 'layer 1'])
    expect(image.platform).toEqual({ os: 'linux', architecture: 'amd64' })
    const alias = image.tree.get('/bin/alias')
    if (alias === undefined) throw new Error('no alias')
    expect(Buffer.from(await image.readFile(alias)).toString()).toBe('tool')
    await expect(image.readFile(alias, { maxBytes: 3 })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    const link = image.tree.get('/lib')
    if (link === undefined) throw new Error('no link')
    await expect(image.readFile(link)).rejects.toMatchObject({ code: 'NOT_A_FILE' })
    const range = async (offset: number, length: number) =>
      Buffer.from(await image.readRange(alias, { offset, length })).toString()
    expect([await range(1, 2), await range(2, 100), await range(4, 1), await range(9, 9)]).toEqual([
      'oo',
      'ol',
      '',
      '',
    ])
    await expect(range(-1, 2)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await expect(range(0, 2 ** 27)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    await expect(image.readRange(link, { offset: 0, length: 1 })).rejects.toMatchObject({
      code: 'NOT_A_FILE',
    })
  })

  it('leaves a layout that holds exactly the image, and deletes it when disposed', async () => {
    const { source, raw, blobs } = testImage([base, top])
    {
      await using image = await openImage(source, raw, { directory })
      const index = JSON.parse(await readFile(join(image.layoutDirectory, 'index.json'), 'utf8')) as unknown
      expect(index).toMatchObject({ schemaVersion: 2, manifests: [{ digest: raw.descriptor.digest }] })
      const stored = await readdir(join(image.layoutDirectory, 'blobs', 'sha256'))
      expect(stored.map((hex) => `sha256:${hex}`).sort()).toEqual(
        [...blobs.keys(), raw.descriptor.digest].sort(),
      )
      const layer = image.layers[0]?.descriptor
      if (layer === undefined) throw new Error('no layer')
      const chunks: Uint8Array[] = []
      for await (const chunk of image.open(layer)) chunks.push(chunk)
      expect(digestOf(Buffer.concat(chunks))).toBe(layer.digest)
    }
    expect(await readdir(directory)).toEqual([])
  })

  it('reads gzip of several members and zstd of several frames', async () => {
    const half = Math.floor(base.length / 2)
    const skippable = Buffer.from('502a4d180400000001020304', 'hex')
    const parts = [base.subarray(0, half), base.subarray(half)]
    for (const [mediaType, blob] of [
      [mediaTypes.ociLayerGzip, Buffer.concat(parts.map((part) => gzipSync(part)))],
      [
        mediaTypes.ociLayerZstd,
        Buffer.concat([skippable, ...parts.flatMap((part) => [zstdCompressSync(part), skippable])]),
      ],
    ] as const) {
      for (const chunkSize of [1, 7, 1 << 20]) {
        const { raw, blobs } = testImage([base], {
          manifest: { layers: [{ mediaType, digest: digestOf(blob), size: blob.length }] },
        })
        blobs.set(digestOf(blob), blob)
        await using image = await openImage(memorySource(blobs, chunkSize), raw, { directory })
        expect(image.tree.size).toBe(7)
      }
    }
  })

  const damaged = (change: (blob: Buffer) => Uint8Array) => {
    const image = testImage([base])
    for (const [digest, blob] of image.blobs) {
      if (blob[0] === 0x1f) image.blobs.set(digest, change(Buffer.from(blob)))
    }
    return image
  }
  const other = (blob: Uint8Array, mediaType: string = mediaTypes.ociLayerGzip, tar: Uint8Array = base) => {
    const image = testImage([tar], {
      manifest: { layers: [{ mediaType, digest: digestOf(blob), size: blob.length }] },
    })
    image.blobs.set(digestOf(blob), blob)
    return image
  }

  it.each([
    ['a cut layer', 'LAYER_CORRUPT', () => damaged((blob) => blob.subarray(0, -20))],
    [
      'a layer with a byte too many',
      'LAYER_CORRUPT',
      () => damaged((blob) => Buffer.concat([blob, Buffer.of(0)])),
    ],
    [
      'other bytes that are a valid layer',
      'DIGEST_MISMATCH',
      () =>
        damaged((blob) => {
          blob[4] = 1 // the gzip time stamp
          return blob
        }),
    ],
    [
      'gzip data with junk after it',
      'LAYER_CORRUPT',
      () => other(Buffer.concat([gzipSync(base), Buffer.from('junk')])),
    ],
    [
      'gzip data with zeros after it',
      'LAYER_CORRUPT',
      () => other(Buffer.concat([gzipSync(base), Buffer.alloc(9)])),
    ],
    ['gzip data that is cut', 'LAYER_CORRUPT', () => other(gzipSync(base).subarray(0, -12))],
    ['a plain tar that claims to be gzip', 'LAYER_CORRUPT', () => other(base)],
    ['gzip that claims to be zstd', 'LAYER_CORRUPT', () => other(gzipSync(base), mediaTypes.ociLayerZstd)],
    [
      'zstd data that is cut',
      'LAYER_CORRUPT',
      () => other(zstdCompressSync(base).subarray(0, -5), mediaTypes.ociLayerZstd),
    ],
    [
      'zstd data with junk after it',
      'LAYER_CORRUPT',
      () => other(Buffer.concat([zstdCompressSync(base), Buffer.from('junk')]), mediaTypes.ociLayerZstd),
    ],
    ['another tar than the config says', 'DIFF_ID_MISMATCH', () => other(gzipSync(top))],
    ['a layer that is no tar', 'TAR_INVALID', () => testImage([Buffer.alloc(2048, 'x')])],
    [
      'a foreign layer',
      'LAYER_UNSUPPORTED',
      () => testImage([base], { layerMediaType: mediaTypes.dockerForeignLayer }),
    ],
    [
      'an unknown layer',
      'LAYER_UNSUPPORTED',
      () => testImage([base], { layerMediaType: 'application/x-unknown' }),
    ],
    [
      'fewer diff ids than layers',
      'CONFIG_INVALID',
      () => testImage([base], { config: { rootfs: { type: 'layers', diff_ids: [] } } }),
    ],
    ['a config without rootfs', 'CONFIG_INVALID', () => testImage([base], { config: { rootfs: undefined } })],
  ])('refuses %s with %s, and leaves nothing behind', async (_, code, make) => {
    const { source, raw } = make()
    await expect(openImage(source, raw, { directory })).rejects.toMatchObject({ name: 'ImageError', code })
    expect(await readdir(directory)).toEqual([])
  })

  it('refuses a layer that grows too much', async () => {
    const bomb = createTarWriter()
      .add({ type: 'file', path: 'zeros', data: Buffer.alloc(80 * 1024 * 1024) })
      .finish()
    const { source, raw } = testImage([bomb])
    await expect(openImage(source, raw, { directory })).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
    for (const limits of [{ maxLayerBytes: 4096 }, { maxImageBytes: 4096 }]) {
      await expect(openImage(source, raw, { directory, limits })).rejects.toMatchObject({
        code: 'LIMIT_EXCEEDED',
      })
    }
    expect(await readdir(directory)).toEqual([])
  })

  it('rejects with the reason of an abort, and leaves nothing behind', async () => {
    const { source, raw } = testImage([base, top])
    const controller = new AbortController()
    const reason = new Error('stopped')
    const opening = openImage(source, raw, {
      directory,
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    })
    await expect(opening).rejects.toBe(reason)
    expect(await readdir(directory)).toEqual([])
  })

  it('passes on an error of the source as it is', async () => {
    const { raw, blobs } = testImage([base, top])
    const failure = new Error('connection lost')
    const whole = memorySource(blobs)
    const source = {
      async *open(...[blob, options]: Parameters<typeof whole.open>) {
        yield* whole.open(blob, options)
        if (blob.mediaType === mediaTypes.ociLayerGzip) throw failure
      },
    }
    await expect(openImage(source, raw, { directory })).rejects.toBe(failure)
    expect(await readdir(directory)).toEqual([])
  })
})
