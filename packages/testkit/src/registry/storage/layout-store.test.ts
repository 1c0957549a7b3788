import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import process from 'node:process'
import { digestOf, mediaTypes } from '@sallyport/core'
import { openLayout } from '@sallyport/oci'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createImage, createImageIndex } from '../../image/create-image.ts'
import { pushImage } from '../../image/push-image.ts'
import { serveFolderProgram } from '../../testing/serve-folder.ts'
import {
  call,
  folder,
  manifestOf,
  pushBlob,
  pushSample,
  putManifest,
  start,
} from '../../testing/registry-calls.ts'

interface Index {
  readonly manifests: readonly { digest: string; annotations?: Record<string, string> }[]
}

const readJson = async <T>(...path: string[]) => JSON.parse(await readFile(join(...path), 'utf8')) as T
const blobPath = (directory: string, repository: string, digest: string) =>
  join(directory, repository, 'blobs', ...digest.split(':'))
const inode = async (path: string) => (await stat(path)).ino

describe('a registry in a folder', () => {
  it('keeps each repository as a layout that lists tags and untagged manifests', async () => {
    const directory = await folder()
    const registry = await start({ directory })
    const tagged = await pushSample(registry, 'team/app', 'v1')
    await pushSample(registry, 'team/app', 'latest')
    const untagged = await manifestOf(registry, 'team/app', { annotations: { a: 'b' } })
    await putManifest(registry, 'team/app', untagged)
    expect(await readJson(directory, 'team/app/oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
    const { manifests } = await readJson<Index>(directory, 'team/app/index.json')
    expect(manifests.map(({ digest, annotations }) => [digest, annotations])).toEqual([
      [tagged, { 'org.opencontainers.image.ref.name': 'v1' }],
      [tagged, { 'org.opencontainers.image.ref.name': 'latest' }],
      [digestOf(untagged), undefined],
    ])
    for (const digest of [...registry.snapshot()['team/app']!.blobs, tagged]) {
      expect(digestOf(await readFile(blobPath(directory, 'team/app', digest)))).toBe(digest)
    }
    const layout = await openLayout(join(directory, 'team', 'app'))
    expect((await layout.getManifest('v1')).descriptor.digest).toBe(tagged)
  })

  it('serves it again, nested repositories and sha512 included', async () => {
    const directory = await folder()
    const first = await start({ directory })
    for (const repository of ['a', 'a/b', 'a/b/c'])
      await pushSample(first, repository, 'v1', { subject: sample })
    const sha512 = digestOf('x', 'sha512')
    await call(first, `/v2/a/blobs/uploads/?digest=${sha512}`, { method: 'POST', body: 'x' })
    const before = first.snapshot()
    expect(before.a?.blobs).toContain(sha512)
    await first.close()
    const second = await start({ directory })
    expect(second.snapshot()).toEqual(before)
    expect((await call(second, `/v2/a/blobs/${sha512}`)).bytes.toString()).toBe('x')
    const referrers = await call(second, `/v2/a/b/referrers/${sample.digest}`)
    expect(referrers.json().manifests).toHaveLength(1)
  })

  it('keeps equal content of several repositories once, whether mounted or pushed', async () => {
    const directory = await folder()
    const registry = await start({ directory })
    const { digest } = await pushBlob(registry, 'a', 'shared')
    await pushBlob(registry, 'b', 'shared')
    await call(registry, `/v2/c/blobs/uploads/?mount=${digest}&from=a`, { method: 'POST' })
    const inodes = await Promise.all(['a', 'b', 'c'].map((name) => inode(blobPath(directory, name, digest))))
    expect(new Set(inodes).size).toBe(1)
    await call(registry, `/v2/a/blobs/${digest}`, { method: 'DELETE' })
    await expect(stat(blobPath(directory, 'a', digest))).rejects.toMatchObject({ code: 'ENOENT' })
    expect((await call(registry, `/v2/b/blobs/${digest}`)).bytes.toString()).toBe('shared')
    await pushBlob(registry, 'a', 'shared')
    expect(await inode(blobPath(directory, 'a', digest))).toBe(inodes[1])
  })

  it('gives up the bytes of a deleted manifest, unless they are a blob as well', async () => {
    const directory = await folder()
    const registry = await start({ directory })
    const body = await manifestOf(registry, 'a')
    const digest = digestOf(body)
    const remove = (kind: string) => call(registry, `/v2/a/${kind}/${digest}`, { method: 'DELETE' })
    await pushBlob(registry, 'a', body)
    await putManifest(registry, 'a', body)
    expect((await remove('manifests')).status).toBe(202)
    expect((await call(registry, `/v2/a/blobs/${digest}`)).bytes.toString()).toBe(body)
    expect((await remove('blobs')).status).toBe(202)
    await expect(stat(blobPath(directory, 'a', digest))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('serves layouts that others wrote, with the children that only an index names', async () => {
    const directory = await folder()
    const image = (text: string) => createImage({ layers: [{ files: { text } }] })
    const index = createImageIndex({ 'linux/amd64': image('amd64'), 'linux/arm64': image('arm64') })
    await mkdir(join(directory, 'team'), { recursive: true })
    const layout = await openLayout(join(directory, 'team', 'app'), { create: true })
    await pushImage(layout, index, 'v1')
    // As skopeo and umoci write it: the index itself, and nothing of its children.
    const path = join(directory, 'team', 'app', 'index.json')
    const { manifests, ...rest } = await readJson<Index>(path)
    const listed = manifests.filter(({ digest }) => digest === index.raw.descriptor.digest)
    await writeFile(path, JSON.stringify({ ...rest, manifests: listed }))
    const registry = await start({ directory })
    const snapshot = registry.snapshot()['team/app']!
    expect([snapshot.tags, snapshot.manifests.length]).toEqual([{ v1: index.raw.descriptor.digest }, 3])
    const { manifests: children } = JSON.parse(Buffer.from(index.raw.bytes).toString()) as Index
    expect((await call(registry, `/v2/team/app/manifests/${children[0]!.digest}`)).status).toBe(200)
  })

  it.each([
    [
      'a damaged manifest',
      async (path: string, digest: string) => writeFile(blobPath(path, 'a', digest), '{}'),
    ],
    ['an index that is none', async (path: string) => writeFile(join(path, 'a', 'index.json'), '[]')],
  ])('does not start on %s', async (_, damage) => {
    const directory = await folder()
    const registry = await start({ directory })
    const digest = await pushSample(registry, 'a', 'v1')
    await registry.close()
    await damage(directory, digest)
    await expect(start({ directory })).rejects.toThrow(/is damaged|is no index/)
  })

  it.each([['a/blobs'], ['index.json'], ['a/oci-layout/b']])(
    'refuses the name %s, which would lie inside of another layout',
    async (name) => {
      const inFolder = await start({ directory: await folder() })
      const begin = { method: 'POST' }
      expect((await call(inFolder, `/v2/${name}/blobs/uploads/`, begin)).code()).toBe('NAME_INVALID')
      expect((await call(await start(), `/v2/${name}/blobs/uploads/`, begin)).status).toBe(202)
    },
  )

  it('leaves whole layouts when its process is killed in the middle of pushes', async () => {
    const directory = await folder()
    const child = spawn(process.execPath, ['--conditions=@sallyport/source', serveFolderProgram, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const exited = once(child, 'exit')
    onTestFinished(async () => {
      child.kill('SIGKILL')
      await exited
    })
    const [line] = (await once(child.stdout, 'data')) as [Buffer]
    const url = line.toString().trim()
    const pushing = Promise.allSettled(
      Array.from({ length: 20 }, async (_, worker) => {
        for (let count = 0; ; count++) await pushTo(url, `r${worker % 3}`, `${worker}-${count}`)
      }),
    )
    // In the middle by count, not by time: the kill comes while the other workers are in their requests.
    await pushTo(url, 'r0', 'last')
    child.kill('SIGKILL')
    await Promise.all([exited, pushing])

    const registry = await start({ directory })
    for (const [name, { tags, manifests, blobs }] of Object.entries(registry.snapshot())) {
      expect(await readJson(directory, name, 'oci-layout')).toEqual({ imageLayoutVersion: '1.0.0' })
      for (const digest of [...blobs, ...manifests]) {
        expect(digestOf(await readFile(blobPath(directory, name, digest)))).toBe(digest)
      }
      for (const digest of Object.values(tags)) expect(manifests).toContain(digest)
    }
    expect(registry.resolve('r0', 'last')).toBeDefined()
    expect(await readdir(join(directory, '.unfinished'))).toEqual([])
  })
})

const sample = { mediaType: mediaTypes.ociManifest, digest: digestOf('subject'), size: 7 }

/** Pushes a blob and a tagged manifest of it; rejects when the registry is gone. */
async function pushTo(url: string, repository: string, text: string): Promise<void> {
  const blob = Buffer.from(text.repeat(1000))
  const config = { mediaType: mediaTypes.ociConfig, digest: digestOf(blob), size: blob.byteLength }
  const body = JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: [] })
  const send = async (method: string, path: string, content: string | Buffer<ArrayBuffer>, type: string) => {
    const answer = await fetch(url + path, { method, body: content, headers: { 'content-type': type } })
    if (answer.status !== 201) throw new Error(`${answer.status} ${await answer.text()}`)
  }
  await send(
    'POST',
    `/v2/${repository}/blobs/uploads/?digest=${config.digest}`,
    blob,
    'application/octet-stream',
  )
  await send('PUT', `/v2/${repository}/manifests/${text}`, body, mediaTypes.ociManifest)
}
