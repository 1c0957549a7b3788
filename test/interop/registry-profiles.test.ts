import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLayout } from '@sallyport/oci'
import { pushImage, registryProfiles, startRegistry } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { regctlHost, runTool } from './run-tool.ts'
import { twoPlatforms as image } from './samples.ts'

let directory: string
let layout: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-profiles-'))
  layout = join(directory, 'layout')
  await pushImage(await openLayout(layout, { create: true }), image, 'v1')
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const { digest } = image.raw.descriptor

const run = (name: string, ...args: string[]): Promise<string> => runTool(name, args)

/** How each client copies the layout to a registry without credentials. */
const clients: readonly (readonly [string, (reference: string) => Promise<unknown>])[] = [
  [
    'skopeo',
    (reference) =>
      run('skopeo', 'copy', '--all', '--dest-tls-verify=false', `oci:${layout}:v1`, `docker://${reference}`),
  ],
  [
    'oras',
    (reference) => run('oras', 'cp', '--from-oci-layout', '--to-plain-http', `${layout}:v1`, reference),
  ],
  [
    'regctl',
    (reference) => {
      const host = regctlHost(reference.split('/')[0]!)
      return run('regctl', ...host, 'image', 'copy', `ocidir://${layout}:v1`, reference)
    },
  ],
]

describe.each(Object.entries(registryProfiles))('on a registry like %s', (profile, quirks) => {
  it.each(clients)('%s pushes an image, and crane reads the same', async (client, push) => {
    await using registry = await startRegistry({ quirks })
    const reference = `${registry.host}/team/app:v1`
    // It does not repeat a manifest that was answered with 429, on the real one neither (container-libs#42).
    if (client === 'skopeo' && profile === 'acr') {
      await expect(push(reference)).rejects.toThrow('toomanyrequests')
      return
    }
    await push(reference)
    expect(registry.resolve('team/app', 'v1')).toBe(digest)
    await run('crane', 'validate', '--insecure', '--remote', reference)
  })
})

const credentials = { username: 'robot', password: 'secret' }
const { username, password } = credentials
const signingIn: typeof clients = [
  [
    'skopeo',
    (reference) => {
      const target = ['--dest-tls-verify=false', `--dest-creds=${username}:${password}`]
      return run('skopeo', 'copy', '--all', ...target, `oci:${layout}:v1`, `docker://${reference}`)
    },
  ],
  [
    'oras',
    (reference) => {
      const target = ['--to-plain-http', '--to-username', username, '--to-password', password]
      return run('oras', 'cp', '--from-oci-layout', ...target, `${layout}:v1`, reference)
    },
  ],
  [
    'regctl',
    (reference) => {
      const host = `reg=${reference.split('/')[0]},tls=disabled,user=${username},pass=${password}`
      return run('regctl', '--host', host, 'image', 'copy', `ocidir://${layout}:v1`, reference)
    },
  ],
]

describe.each(['gar', 'harbor', 'artifactory', 'gitea', 'distribution-2.8'] as const)(
  'on a registry with tokens like %s',
  (profile) => {
    it.each(signingIn)('%s signs in and pushes', async (_, push) => {
      const auth = { ...credentials, scheme: 'token' } as const
      await using registry = await startRegistry({ quirks: registryProfiles[profile], auth })
      await push(`${registry.host}/team/app:v1`)
      expect(registry.resolve('team/app', 'v1')).toBe(digest)
    })
  },
)
