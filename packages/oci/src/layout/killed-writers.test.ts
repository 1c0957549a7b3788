import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copy } from '../copy/copy.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { sampleCosign } from '../testing/sample-closure.ts'
import {
  collect,
  pushImage,
  sampleImage,
  sampleIndex,
  sampleReferrer,
  streamOf,
} from '../testing/sample-image.ts'
import { type LayoutRepository, openLayout } from './open-layout.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sallyport-killed-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const image = sampleImage([1000])
const index = sampleIndex([[{ os: 'linux', architecture: 'amd64' }, image.manifest]])

async function pushSource(): Promise<LayoutRepository> {
  const source = await openLayout(join(folder, 'source'), { create: true })
  await pushImage(source, image)
  await source.putManifest(index, { tag: '1' })
  await pushImage(source, sampleReferrer(index.descriptor, 'application/x.sbom'))
  await pushImage(source, sampleCosign('signed'), `${fallbackTag(index.descriptor.digest)}.sig`)
  return source
}

/** What readers see of a layout; each manifest and blob is read. */
async function contentOf({ directory }: LayoutRepository): Promise<unknown> {
  const { manifests } = JSON.parse(await readFile(join(directory, 'index.json'), 'utf8')) as {
    manifests: object[]
  }
  const blobs = (await readdir(join(directory, 'blobs/sha256'))).sort()
  return { manifests: manifests.map((entry) => JSON.stringify(entry)).sort(), blobs }
}

/** Whatever is listed is there. */
async function expectWhole(layout: LayoutRepository): Promise<void> {
  for (const entry of await layout.listEntries()) {
    const raw = await layout.getManifest(entry.digest)
    const { manifests = [], layers = [], config } = JSON.parse(Buffer.from(raw.bytes).toString())
    for (const child of manifests) await layout.getManifest(child.digest)
    for (const blob of config === undefined ? [] : [config, ...layers]) await collect(layout.open(blob))
  }
}

/** Whether it was killed. */
function copyAndDie(target: string, dieAt: number): Promise<boolean> {
  const script = fileURLToPath(new URL('../testing/copy-and-die.ts', import.meta.url))
  const parameters = [join(folder, 'source'), target, String(dieAt)]
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--conditions=@sallyport/source', script, ...parameters], (error) => {
      if (error !== null && error.signal !== 'SIGKILL') reject(error)
      else resolve(error !== null)
    })
  })
}

describe('a layout whose writer was killed', () => {
  it('can be read, and the same copy ends where an undisturbed one does', { timeout: 120_000 }, async () => {
    const source = await pushSource()
    const undisturbed = await openLayout(join(folder, 'undisturbed'), { create: true })
    await copy(source, undisturbed, { from: '1' })
    const wanted = await contentOf(undisturbed)
    let at = 0
    const copyOn = async (dieAt: number): Promise<boolean> => {
      const target = join(folder, `target-${dieAt}`)
      const killed = await copyAndDie(target, dieAt)
      const layout = await openLayout(target, { create: true })
      await expectWhole(layout)
      await copy(source, layout, { from: '1' })
      expect(await contentOf(layout)).toEqual(wanted)
      return killed
    }
    while ((await Promise.all([at++, at++].map(copyOn))).every((killed) => killed));
    expect(at).toBeGreaterThan(14)
  })

  it.each(['trust', 'inspect'] as const)(
    'is not thought to have what only a lost index listed (%s)',
    async (existing) => {
      const source = await pushSource()
      const layout = await openLayout(join(folder, 'target'), { create: true })
      // What is left of an image when its index was deleted and its layers were collected.
      for (const { descriptor, bytes } of [image.manifest, index])
        await layout.write(descriptor, streamOf(bytes))
      await copy(source, layout, { from: index.descriptor.digest, existing })
      await expectWhole(layout)
      expect((await layout.listEntries()).map(({ digest }) => digest)).toContain(index.descriptor.digest)
      for (const { blob } of image.blobs) expect(await layout.has(blob)).toBe(true)
    },
  )
})
