import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRegistryClient, openLayout, parseReference } from '@sallyport/oci'
import { pushImage, startRegistry } from '@sallyport/testkit'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runTool } from './run-tool.ts'
import { twoPlatforms as image } from './samples.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-folder-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const run = (name: string, ...args: string[]): Promise<string> => runTool(name, args)

const { digest } = image.raw.descriptor

/** A registry's folder with one image in `team/app`; the registry has ended. */
async function keptImage(): Promise<{ folder: string; layout: string }> {
  const folder = await mkdtemp(join(directory, 'kept-'))
  await using registry = await startRegistry({ directory: folder })
  await using client = createRegistryClient({ settleMs: 0 })
  await pushImage(client.repository(parseReference(`${registry.host}/team/app:v1`)), image, 'v1')
  return { folder, layout: join(folder, 'team', 'app') }
}

it('skopeo, oras, regctl and umoci read the folder of a repository as a layout', async () => {
  const { layout } = await keptImage()
  const raw = await run('skopeo', 'inspect', '--raw', `oci:${layout}:v1`)
  expect(Buffer.from(raw)).toEqual(Buffer.from(image.raw.bytes))
  const copy = join(directory, 'skopeo-copy')
  await run('skopeo', 'copy', '--all', `oci:${layout}:v1`, `oci:${copy}:v1`)
  expect((await (await openLayout(copy)).getManifest('v1')).descriptor.digest).toBe(digest)
  const fetched = await run('oras', 'manifest', 'fetch', '--oci-layout', '--descriptor', `${layout}:v1`)
  expect(JSON.parse(fetched)).toMatchObject({ digest })
  expect((await run('regctl', 'manifest', 'head', `ocidir://${layout}:v1`)).trim()).toBe(digest)
  expect((await run('umoci', 'ls', '--layout', layout)).trim().split('\n')).toContain('v1')
})

it('serves a layout that skopeo, oras or regctl wrote into its folder', async () => {
  const { layout } = await keptImage()
  const folder = await mkdtemp(join(directory, 'foreign-'))
  await run('skopeo', 'copy', '--all', `oci:${layout}:v1`, `oci:${join(folder, 'by-skopeo')}:v1`)
  await run(
    'oras',
    'cp',
    '--from-oci-layout',
    '--to-oci-layout',
    `${layout}:v1`,
    `${join(folder, 'by-oras')}:v1`,
  )
  await run('regctl', 'image', 'copy', `ocidir://${layout}:v1`, `ocidir://${join(folder, 'by-regctl')}:v1`)
  await using registry = await startRegistry({ directory: folder })
  for (const name of (await readdir(folder)).filter((entry) => !entry.startsWith('.'))) {
    const reference = `${registry.host}/${name}:v1`
    expect((await run('crane', 'digest', '--insecure', reference)).trim()).toBe(digest)
    await run('crane', 'validate', '--insecure', '--remote', reference)
  }
  expect(Object.keys(registry.snapshot())).toEqual(['by-oras', 'by-regctl', 'by-skopeo'])
})
