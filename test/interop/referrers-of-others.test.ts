import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { mediaTypes } from '@sallyport/core'
import { createRegistryClient, fallbackTag, parseIndex, parseReference, toRawManifest } from '@sallyport/oci'
import { requireTool, startDockerRegistry, startOlareg } from '@sallyport/test-tools'
import { createImage, pushImage } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const execute = promisify(execFile)
let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-referrers-'))
  await writeFile(join(directory, 'note.txt'), 'a note')
})
afterAll(() => rm(directory, { recursive: true, force: true }))

async function run(name: string, ...args: string[]): Promise<string> {
  return (await execute(requireTool(name), args, { cwd: directory, timeout: 60_000 })).stdout
}

const image = createImage({ layers: [{ files: { '/hello': 'world' } }] })
const subject = image.raw.descriptor
const type = (who: string) => `application/vnd.example.${who}`
const ours = toRawManifest(
  Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: type('ours'),
      config: image.blobs[0],
      layers: [],
      subject,
      annotations: { 'org.example.who': 'ours' },
    }),
  ),
)

describe.each([
  [
    'docker-registry, by the fallback tag',
    async () => startDockerRegistry({ directory: await mkdtemp(join(directory, 'docker-')) }),
    true,
  ],
  [
    'olareg, by the referrers API',
    async () => startOlareg({ directory: await mkdtemp(join(directory, 'olareg-')) }),
    false,
  ],
])('referrers of oras, regctl and ours on %s', (_name, start, fallback) => {
  it.each(['before', 'after'])('are all seen by all, ours attached %s the others', async (when) => {
    await using registry = await start()
    await using client = createRegistryClient({ settleMs: 50 })
    const repository = client.repository(parseReference(`${registry.host}/team/app`))
    await pushImage(repository, image, '1')
    const reference = `${registry.host}/team/app@${subject.digest}`
    const regctl = ['--host', `reg=${registry.host},tls=disabled`]

    if (when === 'before') await repository.putManifest(ours)
    await run('oras', 'attach', '--plain-http', '--artifact-type', type('oras'), reference, 'note.txt')
    const put = ['artifact', 'put', '--artifact-type', type('regctl'), '--subject', reference]
    await run('regctl', ...regctl, ...put, '--file', 'note.txt', '--annotation', 'org.example.who=regctl')
    if (when === 'after') await repository.putManifest(ours)

    const expected = ['oras', 'ours', 'regctl'].map(type)
    const found = await repository.discoverReferrers(subject.digest)
    expect(found.rejected).toEqual([])
    expect(found.referrers.map(({ descriptor }) => descriptor.artifactType).toSorted()).toEqual(expected)
    const discovered = JSON.parse(
      await run('oras', 'discover', '--plain-http', '--format', 'json', reference),
    ) as {
      referrers: { artifactType: string }[]
    }
    expect(discovered.referrers.map(({ artifactType }) => artifactType).toSorted()).toEqual(expected)
    const listed = JSON.parse(
      await run('regctl', ...regctl, 'artifact', 'list', reference, '--format', '{{jsonPretty .}}'),
    ) as { descriptors: { artifactType: string; annotations?: Record<string, string> }[] }
    expect(listed.descriptors.map(({ artifactType }) => artifactType).toSorted()).toEqual(expected)
    const own = listed.descriptors.find(({ artifactType }) => artifactType === type('ours'))
    expect(own?.annotations).toEqual({ 'org.example.who': 'ours' })

    const list = await repository.findManifest(fallbackTag(subject.digest))
    if (fallback) expect(parseIndex(list!).manifests).toHaveLength(3)
    else expect(list).toBeUndefined()
  })
})
