import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { digestHex, digestOf } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copyImage } from '../copy/copy-image.ts'
import { openLayout } from '../layout/open-layout.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import {
  collect,
  collectAll,
  pushImage,
  sampleBlob,
  sampleImage,
  sampleIndex,
  sampleReferrer,
  streamOf,
} from '../testing/sample-image.ts'
import { sampleTar } from '../testing/sample-tar.ts'
import { sharedLayout } from '../testing/shared-cases.ts'
import { createArchive } from './create-archive.ts'
import { openArchive } from './open-archive.ts'
import { streamArchive } from './stream-archive.ts'

const execute = promisify(execFile)
let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-archive-'))
  path = join(folder, 'a.tar')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const image = sampleImage([0, 70_000, 1], { note: 'same each time' })

describe('createArchive', () => {
  it('makes a tar that openArchive and tar read', async () => {
    const child = sampleImage([5])
    const index = sampleIndex([[{ os: 'linux', architecture: 'arm64' }, child.manifest]])
    const referrer = sampleReferrer(index.descriptor, 'application/vnd.example.a', { k: 'v' })
    {
      await using archive = await createArchive(path)
      await pushImage(archive, image, 'v1')
      await pushImage(archive, child)
      await archive.putManifest(index, { tag: 'v2' })
      await pushImage(archive, referrer)
      expect(await readdir(folder)).toEqual([expect.stringMatching(/^a\.tar\..*\.partial$/)])
      await archive.commit()
      expect((await archive.getManifest('v1')).descriptor).toEqual(image.manifest.descriptor)
    }
    expect(await readdir(folder)).toEqual(['a.tar'])
    await using archive = await openArchive(path)
    expect(archive.format).toBe('oci')
    expect((await collectAll(archive.listTags())).sort()).toEqual(['v1', 'v2'])
    expect((await archive.getManifest('v1')).descriptor).toEqual(image.manifest.descriptor)
    for (const { blob, bytes } of image.blobs) {
      expect((await collect(archive.open(blob))).equals(bytes)).toBe(true)
      expect((await collect(archive.open(blob, { offset: 1 }))).equals(bytes.subarray(1))).toBe(true)
    }
    expect(await archive.discoverReferrers(index.descriptor.digest)).toMatchObject({
      referrers: [{ descriptor: { artifactType: 'application/vnd.example.a', annotations: { k: 'v' } } }],
    })
    const { stdout } = await execute('tar', ['--list', '--verbose', '--file', path])
    expect(stdout.trim().split('\n').at(-1)).toMatch(/^-rw-r--r-- 0\/0 +30 1970-01-01 00:00 oci-layout$/)
  })

  it('makes the same bytes of the same content, as streamArchive does for one image', async () => {
    const layout = await openLayout(join(folder, 'layout'), { create: true })
    await pushImage(layout, image, 'v1')
    const { descriptor } = image.manifest
    const archives = []
    for (const name of ['one', 'two']) {
      await using archive = await createArchive(join(folder, name))
      await pushImage(archive, image, 'v1')
      await archive.commit()
      archives.push(await readFile(join(folder, name)))
    }
    const streamed = await collect(streamArchive(layout, [{ descriptor, tag: 'v1' }]))
    expect(archives[0]!.equals(archives[1]!)).toBe(true)
    expect(archives[0]!.equals(streamed)).toBe(true)
  })

  it('keeps content by sha512, whose names are too long for a plain tar header', async () => {
    const bytes = Buffer.from('content')
    const blob = { ...sampleBlob(bytes).blob, digest: digestOf(bytes, 'sha512') }
    {
      await using archive = await createArchive(path)
      await archive.write(blob, streamOf(bytes))
      await archive.commit()
    }
    await using archive = await openArchive(path)
    expect((await collect(archive.open(blob))).equals(bytes)).toBe(true)
    const { stdout } = await execute('tar', ['--list', '--file', path])
    expect(stdout).toContain(`blobs/sha512/${digestHex(blob.digest)}`)
  })

  it('overwrites a blob that turned out wrong, and a stream that broke', async () => {
    const own = new Error('mine')
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.alloc(5000)
      throw own
    }
    const { blob, bytes } = sampleBlob('right')
    {
      await using archive = await createArchive(path)
      await expect(archive.write(blob, streamOf(Buffer.from('wrong')))).rejects.toMatchObject({
        code: 'DIGEST_MISMATCH',
      })
      await expect(archive.write({ ...blob, size: 10_000 }, broken())).rejects.toBe(own)
      expect(await archive.has(blob)).toBe(false)
      await archive.write(blob, streamOf(bytes))
      await pushImage(archive, image, 'v1')
      await archive.commit()
    }
    await using archive = await openArchive(path)
    expect((await collect(archive.open(blob))).toString()).toBe('right')
    expect((await readFile(path)).includes('wrong')).toBe(false)
  })

  it('leaves nothing when it is given up, and what was there as it was', async () => {
    await writeFile(path, 'old')
    {
      await using archive = await createArchive(path)
      await pushImage(archive, image, 'v1')
    }
    expect(await readdir(folder)).toEqual(['a.tar'])
    expect(await readFile(path, 'utf8')).toBe('old')
    const reason = new Error('enough')
    {
      await using archive = await createArchive(path)
      await expect(archive.commit({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
      await expect(pushImage(archive, image, 'v1')).resolves.toBeUndefined()
    }
    expect(await readFile(path, 'utf8')).toBe('old')
  })

  it('takes nothing after its end', async () => {
    await using archive = await createArchive(path)
    await archive.commit()
    const { blob, bytes } = sampleBlob('late')
    await expect(archive.write(blob, streamOf(bytes))).rejects.toMatchObject({ code: 'READ_ONLY' })
    await expect(archive.putManifest(image.manifest)).rejects.toMatchObject({ code: 'READ_ONLY' })
    await expect(archive.commit()).rejects.toMatchObject({ code: 'READ_ONLY' })
  })

  it('says that it can’t write', async () => {
    await expect(createArchive(join(folder, 'missing', 'a.tar'))).rejects.toMatchObject({
      code: 'LAYOUT_UNWRITABLE',
      cause: { code: 'ENOENT' },
    })
  })
})

describe('openArchive', () => {
  async function writeArchive(): Promise<Buffer> {
    await using archive = await createArchive(path)
    await pushImage(archive, image, 'v1')
    await pushImage(archive, image, `${fallbackTag(digestOf('x'))}.sig`)
    await archive.commit()
    return readFile(path)
  }

  it.each([
    ['gzip', gzipSync],
    ['zstd', zstdCompressSync],
  ])('reads a tar compressed with %s, and leaves no temporary file', async (_, compress) => {
    await writeFile(path, compress(await writeArchive()))
    {
      await using archive = await openArchive(path, { temporaryDirectory: folder })
      const { blob, bytes } = image.blobs[2]!
      expect((await collect(archive.open(blob))).equals(bytes)).toBe(true)
      expect(await readdir(folder)).toHaveLength(2)
    }
    expect(await readdir(folder)).toEqual(['a.tar'])
    await expect(openArchive(path, { maxBytes: 10_000, temporaryDirectory: folder })).rejects.toMatchObject({
      code: 'LIMIT_EXCEEDED',
    })
    expect(await readdir(folder)).toEqual(['a.tar'])
  })

  it.each([
    ['a cut gzip stream', (tar: Buffer) => gzipSync(tar).subarray(0, -20)],
    ['a cut zstd stream', (tar: Buffer) => zstdCompressSync(tar).subarray(0, -20)],
    [
      'a second zstd frame, which the decoder drops',
      (tar: Buffer) => Buffer.concat([zstdCompressSync(tar), zstdCompressSync('more')]),
    ],
    ['a cut tar', (tar: Buffer) => tar.subarray(0, 2000)],
    [
      'a tar without an index',
      () => sampleTar([{ name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' }]),
    ],
    [
      'a layout of another version',
      () => sampleTar([{ name: 'oci-layout', content: '{"imageLayoutVersion":"2"}' }]),
    ],
    ['an empty tar', () => sampleTar([])],
    ['a tar of something else', () => sampleTar([{ name: 'a.txt', content: 'x' }])],
    [
      'two index.json',
      (tar: Buffer) =>
        Buffer.concat([sampleTar([{ name: 'index.json', content: '{}' }], Buffer.alloc(0)), tar]),
    ],
  ])('refuses %s', async (_, change) => {
    await writeFile(path, change(await writeArchive()))
    await expect(openArchive(path, { temporaryDirectory: folder })).rejects.toMatchObject({
      name: 'OciError',
      code: 'ARCHIVE_INVALID',
    })
    expect(await readdir(folder)).toEqual(['a.tar'])
  })

  it('refuses an index.json that is too long, without reading it', async () => {
    await writeFile(
      path,
      sampleTar([
        { name: 'oci-layout', content: '{"imageLayoutVersion":"1.0.0"}' },
        { name: 'index.json', content: Buffer.alloc(9 * 1024 * 1024) },
      ]),
    )
    await expect(openArchive(path)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('refuses a blob whose bytes are not its own', async () => {
    const tar = await writeArchive()
    const { blob, bytes } = image.blobs[2]!
    tar[tar.indexOf(bytes)]! ^= 1
    await writeFile(path, tar)
    await using archive = await openArchive(path)
    await expect(collect(archive.open(blob))).rejects.toMatchObject({ code: 'DIGEST_MISMATCH' })
  })

  it('listens to the signal that it was opened with until it is open, and no longer', async () => {
    await writeArchive()
    const stop = new AbortController()
    await using archive = await openArchive(path, { signal: stop.signal })
    stop.abort(new Error('late'))
    const { blob, bytes } = image.blobs[2]!
    expect((await collect(archive.open(blob))).equals(bytes)).toBe(true)
    await expect(openArchive(path, { signal: stop.signal })).rejects.toThrow('late')
  })

  it('refuses to write', async () => {
    await writeArchive()
    await using archive = await openArchive(path)
    const { blob, bytes } = sampleBlob('new')
    await expect(archive.write(blob, streamOf(bytes))).rejects.toMatchObject({ code: 'READ_ONLY' })
    await expect(archive.putManifest(image.manifest)).rejects.toMatchObject({ code: 'READ_ONLY' })
  })

  it.each([
    ['missing', 'LAYOUT_UNREADABLE'],
    ['.', 'ARCHIVE_INVALID'],
  ])('says what is wrong with the path %s', async (name, code) => {
    await expect(openArchive(join(folder, name))).rejects.toMatchObject({ code })
  })

  const shared = sharedLayout('oras-go')
  it.skipIf(shared === undefined).each(['hello-world.tar', 'hello-world-prefixed-path.tar'])(
    'reads %s of oras, as a layout and as an archive for docker',
    async (name) => {
      const file = new URL(name, shared)
      await using archive = await openArchive(file.pathname)
      const [entry] = await archive.listEntries()
      const copied = await openLayout(join(folder, 'copied'), { create: true })
      // The index names images of nine more platforms that were not pulled.
      const platforms = [{ os: 'linux', architecture: 'amd64' }]
      const { manifests, blobsCopied } = await copyImage(archive, copied, entry!, { platforms })
      expect([archive.format, manifests.length, blobsCopied]).toEqual(['oci', 2, 2])
      await using docker = await openArchive(file.pathname, { format: 'docker' })
      const [tag = ''] = await collectAll(docker.listTags())
      await copyImage(docker, copied, (await docker.getManifest(tag)).descriptor)
    },
  )
})
