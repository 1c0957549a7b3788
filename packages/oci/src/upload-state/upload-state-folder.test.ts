import { mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { UploadKey, UploadState } from '../ports/upload-state-store.ts'
import { uploadStateFolder } from './upload-state-folder.ts'

const key: UploadKey = {
  registry: 'registry.example:5000',
  repository: 'team/app',
  digest: digestOf(Buffer.from('x')),
}
const state: UploadState = {
  location: 'https://registry.example:5000/up/1?_state=a%2Bb==',
  offset: 7,
  minChunkBytes: 0,
}
const day = 24 * 60 * 60 * 1000

describe('uploadStateFolder', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-uploads-'))
  })
  afterEach(() => rm(directory, { recursive: true, force: true }))

  const file = async (): Promise<string> => join(directory, (await readdir(directory))[0]!)

  it('gives back the newest state, and nothing once it is deleted', async () => {
    const store = uploadStateFolder(directory)
    expect(await store.load(key)).toBeUndefined()
    await store.save(key, { ...state, offset: 1 })
    await store.save(key, state)
    expect(await uploadStateFolder(directory).load(key)).toEqual(state)
    expect(await readdir(directory)).toHaveLength(1)
    await store.delete(key)
    await store.delete(key)
    expect(await store.load(key)).toBeUndefined()
    expect(await readdir(directory)).toEqual([])
  })

  it('makes the folder, and lets nobody else read the files', async () => {
    const inner = join(directory, 'new', 'folder')
    await uploadStateFolder(inner).save(key, state)
    const [name] = await readdir(inner)
    expect((await stat(join(inner, name!))).mode & 0o777).toBe(0o600)
    expect((await stat(inner)).mode & 0o777).toBe(0o700)
  })

  it.each([
    ['registry', { registry: 'other.example' }],
    ['repository', { repository: 'team/other' }],
    ['digest', { digest: digestOf(Buffer.from('y')) }],
    ['registry with a path in it', { registry: '../../..', repository: '../../etc/passwd' }],
  ])('keeps the state of another %s apart', async (_, change) => {
    const store = uploadStateFolder(directory)
    const other = { ...key, ...change }
    await store.save(key, state)
    await store.save(other, { ...state, offset: 9 })
    expect((await store.load(key))?.offset).toBe(7)
    expect((await store.load(other))?.offset).toBe(9)
    expect(await readdir(directory)).toHaveLength(2)
  })

  it.each([
    ['nothing', () => ''],
    ['half of it', (text: string) => text.slice(0, text.length / 2)],
    ['another version', (text: string) => text.replace('"version":1', '"version":2')],
    ['another repository', (text: string) => text.replace('team/app', 'team/oops')],
    ['a location that is no URL', (text: string) => text.replace('https://', '')],
    ['a negative offset', (text: string) => text.replace('"offset":7', '"offset":-7')],
    ['a field too many', (text: string) => text.replace('"version":1', '"version":1,"more":1')],
    ['more than it may', (text: string) => text + ' '.repeat(200_000)],
  ])('takes a file that holds %s for none', async (_, change) => {
    const store = uploadStateFolder(directory)
    await store.save(key, state)
    const path = await file()
    const before = await readFile(path, 'utf8')
    expect(change(before)).not.toBe(before)
    await writeFile(path, change(before))
    expect(await store.load(key)).toBeUndefined()
  })

  it('does not follow a link', async () => {
    const store = uploadStateFolder(directory)
    await store.save(key, state)
    const path = await file()
    const elsewhere = join(directory, 'elsewhere')
    await writeFile(elsewhere, await readFile(path))
    await rm(path)
    await symlink(elsewhere, path)
    expect(await store.load(key)).toBeUndefined()
  })

  it('does not use what is too old', async () => {
    let now = new Date('2026-11-01T00:00:00Z')
    const store = uploadStateFolder(directory, { maxAgeMs: day, clock: { now: () => now } })
    await store.save(key, state)
    now = new Date(now.getTime() + day)
    expect(await store.load(key)).toEqual(state)
    now = new Date(now.getTime() + 1)
    expect(await store.load(key)).toBeUndefined()
  })

  it('is written whole by whoever writes at the same time, and read meanwhile', async () => {
    const stores = [uploadStateFolder(directory), uploadStateFolder(directory)]
    await stores[0]!.save(key, state)
    const location = `${state.location}&long=${'x'.repeat(60_000)}`
    const writes = Array.from({ length: 60 }, (_, offset) =>
      stores[offset % 2]!.save(key, { ...state, location, offset }),
    )
    const reads = Array.from({ length: 60 }, (_, at) => stores[at % 2]!.load(key))
    await Promise.all(writes)
    expect(await Promise.all(reads)).not.toContain(undefined)
    expect((await stores[0]!.load(key))?.location).toBe(location)
    expect(await readdir(directory)).toHaveLength(1)
  })

  it('is ended by one while the other still writes', async () => {
    const stores = [uploadStateFolder(directory), uploadStateFolder(directory)]
    const both = Array.from({ length: 60 }, (_, offset) => [
      stores[0]!.save(key, { ...state, offset }),
      stores[1]!.delete(key),
    ])
    await Promise.all(both.flat())
    await stores[1]!.delete(key)
    expect(await readdir(directory)).toEqual([])
  })

  it('is written again after a process was killed while it wrote', async () => {
    const store = uploadStateFolder(directory)
    await store.save(key, state)
    const partial = `${await file()}.partial`
    await writeFile(partial, '{"version"')
    await store.save(key, { ...state, offset: 8 })
    expect((await store.load(key))?.offset).toBe(7)
    const earlier = new Date(Date.now() - 60_000)
    await utimes(partial, earlier, earlier)
    await store.save(key, { ...state, offset: 9 })
    expect((await store.load(key))?.offset).toBe(9)
    expect(await readdir(directory)).toHaveLength(1)
  })
})
