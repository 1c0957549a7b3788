import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import {
  attachAttestation,
  createStatement,
  generateSigningKey,
  keySigner,
  readEvidence,
} from '@sallyport/attest'
import { copyImage, createRegistryClient, openLayout, parseReference } from '@sallyport/oci'
import { createImage, createImageIndex, pushImage, startRegistry } from '@sallyport/testkit'
import { requireTool, startDockerRegistry, startOlareg } from '@sallyport/test-tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const execute = promisify(execFile)
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-interop-'))
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function run(name: string, ...args: string[]): Promise<string> {
  return (await execute(requireTool(name), args, { maxBuffer: 64 * 1024 * 1024, timeout: 60_000 })).stdout
}

const platform = (architecture: string) =>
  createImage({
    platform: `linux/${architecture}`,
    layers: [{ files: { '/hello': `from ${architecture}` } }, { files: { '/second': 'layer' } }],
    config: { Entrypoint: ['/hello'] },
  })
const index = createImageIndex({ 'linux/amd64': platform('amd64'), 'linux/arm64': platform('arm64') })
const digest = index.raw.descriptor.digest

const registries = [
  ['our embedded registry', async () => startRegistry()],
  ['olareg', async () => startOlareg({ directory: await mkdtemp(join(directory, 'olareg-')) })],
  [
    'docker-registry',
    async () => startDockerRegistry({ directory: await mkdtemp(join(directory, 'docker-')) }),
  ],
] as const

describe.each(registries)('on %s', (_name, start) => {
  it('crane, regctl, oras and skopeo read what we push', async () => {
    await using registry = await start()
    await using client = createRegistryClient({ settleMs: 0 })
    await pushImage(client.repository(parseReference(`${registry.host}/ours/app:1`)), index, '1')
    const reference = `${registry.host}/ours/app:1`
    expect((await run('crane', 'digest', '--insecure', reference)).trim()).toBe(digest)
    await run('crane', 'validate', '--insecure', '--remote', reference)
    const regctl = ['--host', `reg=${registry.host},tls=disabled`]
    expect((await run('regctl', ...regctl, 'manifest', 'head', reference)).trim()).toBe(digest)
    const fetched = await run('oras', 'manifest', 'fetch', '--plain-http', '--descriptor', reference)
    expect(JSON.parse(fetched)).toMatchObject({ digest })
    const inspected = await run('skopeo', 'inspect', '--raw', '--tls-verify=false', `docker://${reference}`)
    expect(Buffer.from(inspected)).toEqual(Buffer.from(index.raw.bytes))
  })

  it.each([
    ['crane', (from: string, to: string) => ['copy', '--insecure', from, to]],
    ['oras', (from: string, to: string) => ['copy', '--from-plain-http', '--to-plain-http', from, to]],
    [
      'skopeo',
      (from: string, to: string) => [
        'copy',
        '--all',
        '--src-tls-verify=false',
        '--dest-tls-verify=false',
        `docker://${from}`,
        `docker://${to}`,
      ],
    ],
  ])('we read what %s pushes, down to each blob', async (tool, args) => {
    await using registry = await start()
    await using client = createRegistryClient({ settleMs: 0 })
    await pushImage(client.repository(parseReference(`${registry.host}/ours/app:1`)), index, '1')
    await run(tool, ...args(`${registry.host}/ours/app:1`, `${registry.host}/theirs/app:1`))
    const theirs = client.repository(parseReference(`${registry.host}/theirs/app:1`))
    expect((await theirs.getManifest('1')).descriptor.digest).toBe(digest)
    const layout = await openLayout(join(directory, `${tool}-${registry.host.replace(':', '-')}`), {
      create: true,
    })
    // Each blob is hashed on its way.
    expect(await copyImage(theirs, layout, index.raw.descriptor)).toMatchObject({ root: { digest } })
  })

  it('oras and regctl see the evidence that we attach', async () => {
    await using registry = await start()
    await using client = createRegistryClient({ settleMs: 0 })
    const repository = client.repository(parseReference(`${registry.host}/ours/app:1`))
    await pushImage(repository, index, '1')
    const keys = generateSigningKey()
    await attachAttestation(
      repository,
      index.raw.descriptor,
      createStatement([{ digest }], 'https://example.com/checked', { by: 'interop' }),
      keySigner(keys.privateKey),
      { createdAt: new Date('2026-11-25T12:00:00Z') },
    )
    const { verified } = await readEvidence(repository, digest, { keys: [keys.publicKey] })
    const referrer = verified.find(({ store }) => store === 'bundle')!.manifest
    const reference = `${registry.host}/ours/app@${digest}`
    expect(await run('oras', 'discover', '--plain-http', '--format', 'json', reference)).toContain(referrer)
    const regctl = ['--host', `reg=${registry.host},tls=disabled`]
    expect(await run('regctl', ...regctl, 'artifact', 'list', '--format', '{{json .}}', reference)).toContain(
      referrer,
    )
  })
})
