import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { digestHex } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openArchive } from '../archive/open-archive.ts'
import { collect, pushImage, sampleImage } from '../testing/sample-image.ts'
import { openLayout } from './open-layout.ts'

const execute = promisify(execFile)
let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-hostile-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const image = sampleImage([10])
const blob = image.blobs[1]!.blob
const blobFile = `blobs/sha256/${digestHex(blob.digest)}`
const manifestFile = `blobs/sha256/${digestHex(image.manifest.descriptor.digest)}`

/** What may stand in the place of a file: reading it would not end, or would read something else. */
const traps: readonly (readonly [string, (path: string) => Promise<unknown>])[] = [
  ['a pipe', (path) => execute('mkfifo', [path])],
  ['a link to a device without end', (path) => symlink('/dev/zero', path)],
  ['a link to the same file elsewhere', (path) => symlink(`${path}.moved`, path)],
  ['a folder', (path) => mkdir(path)],
  ['a link in a circle', (path) => symlink(path, path)],
]

describe.skipIf(process.platform === 'win32')('a layout whose files are no files', () => {
  describe.each(['oci-layout', 'index.json', manifestFile, blobFile])('%s', (name) => {
    it.each(traps)('is refused as %s', async (_, make) => {
      await pushImage(await openLayout(folder, { create: true }), image, 'v1')
      const path = join(folder, name)
      await rename(path, `${path}.moved`)
      await make(path)
      const read = async (): Promise<unknown> => {
        const layout = await openLayout(folder)
        await layout.getManifest('v1')
        return collect(layout.open(blob))
      }
      await expect(read()).rejects.toMatchObject({ code: 'LAYOUT_INVALID' })
    })
  })

  it('is refused when what should be a short file is long', async () => {
    await openLayout(folder, { create: true })
    await writeFile(join(folder, 'oci-layout'), ' '.repeat(5000))
    await expect(openLayout(folder)).rejects.toMatchObject({ code: 'LIMIT_EXCEEDED' })
  })

  it('loses no blob of another layout that its folder leads to', async () => {
    const other = join(folder, 'other')
    const own = join(folder, 'own')
    await pushImage(await openLayout(other, { create: true }), image, 'v1')
    const layout = await openLayout(own, { create: true })
    await rm(join(own, 'blobs/sha256'), { recursive: true })
    await symlink(join(other, 'blobs/sha256'), join(own, 'blobs/sha256'))
    const before = await readdir(join(other, 'blobs/sha256'))
    const clock = { now: () => new Date(8.64e15) }
    const { digest } = image.manifest.descriptor
    for (const remove of [
      () => layout.collectGarbage({ minimumAgeMs: 0, clock }),
      () => layout.deleteManifest(digest),
    ]) {
      await expect(remove()).rejects.toMatchObject({ code: 'LAYOUT_INVALID' })
    }
    expect(await readdir(join(other, 'blobs/sha256'))).toEqual(before)
  })
})

describe.skipIf(process.platform === 'win32')('an archive that is no file', () => {
  it.each([traps[0]!, traps[3]!])('is refused as %s', async (_, make) => {
    const path = join(folder, 'a.tar')
    await make(path)
    await expect(openArchive(path)).rejects.toMatchObject({
      code: expect.stringMatching(/^(ARCHIVE_INVALID|LAYOUT_UNREADABLE)$/),
    })
  })
})
