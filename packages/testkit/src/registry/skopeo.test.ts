import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLayout } from '@sallyport/oci'
import { describe, expect, it } from 'vitest'
import { createImage } from '../image/create-image.ts'
import { pushImage } from '../image/push-image.ts'
import { registryProfiles } from './quirks/registry-profiles.ts'
import { startRegistry } from './start-registry.ts'

const hasSkopeo = spawnSync('skopeo', ['--version']).status === 0

/** Runs skopeo without blocking this process, in which the registry runs. */
async function skopeo(...args: string[]): Promise<void> {
  const child = spawn('skopeo', args, { stdio: ['ignore', 'ignore', 'pipe'] })
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text))
  const [code] = await once(child, 'close')
  if (code !== 0) throw new Error(errors)
}

describe.skipIf(!hasSkopeo)(
  `skopeo as a client${hasSkopeo ? '' : ' (skipped: skopeo is not installed)'}`,
  () => {
    it.each([
      ['a faithful registry', {}],
      ['a registry like distribution 2.8', registryProfiles['distribution-2.8']],
      ['a registry that redirects blobs', { redirectsBlobs: true }],
    ])('copies a layout through %s and gets the same bytes', async (_, quirks) => {
      const folder = await mkdtemp(join(tmpdir(), 'sallyport-skopeo-'))
      try {
        await using registry = await startRegistry({
          directory: join(folder, 'registry'),
          quirks,
          auth: { username: 'robot', password: 'secret', scheme: 'token' },
        })
        const image = createImage({ layers: [{ files: { a: 'a'.repeat(100_000) } }, { files: { b: 'b' } }] })
        await pushImage(await openLayout(join(folder, 'in'), { create: true }), image, '1')
        const at = (name: string) => `docker://${registry.host}/${name}`
        const [source, target] = [
          ['--src-tls-verify=false', '--src-creds=robot:secret'],
          ['--dest-tls-verify=false', '--dest-creds=robot:secret'],
        ]
        await skopeo('copy', ...target, `oci:${folder}/in:1`, at('team/app:1'))
        await skopeo('copy', ...source, ...target, at('team/app:1'), at('team/other:2'))
        await skopeo('copy', ...source, at('team/other:2'), `oci:${folder}/out:2`)
        const index = JSON.parse(await readFile(join(folder, 'out', 'index.json'), 'utf8')) as {
          manifests: { digest: string }[]
        }
        expect(index.manifests.map(({ digest }) => digest)).toEqual([image.raw.descriptor.digest])
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    })
  },
)
