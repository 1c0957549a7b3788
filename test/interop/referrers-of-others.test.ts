import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  attachAttestation,
  createStatement,
  generateSigningKey,
  keySigner,
  readEvidence,
} from '@sallyport/attest'
import { createRegistryClient, fallbackTag, parseIndex } from '@sallyport/oci'
import { pushImage, startRegistry } from '@sallyport/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type InteropRegistry, interopRegistries } from './interop-registries.ts'
import { regctlHost, runTool } from './run-tool.ts'
import { createArtifact, singleImage, twoPlatforms } from './samples.ts'

let directory: string
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-referrers-'))
  await writeFile(join(directory, 'note.txt'), 'a note')
})
afterAll(() => rm(directory, { recursive: true, force: true }))

const type = (who: string): string => `application/vnd.example.${who}`
const subject = singleImage.raw.descriptor
const ours = createArtifact(subject, { 'org.example.who': 'ours' }, type('ours'))

const withoutApi: Omit<InteropRegistry, 'sha512'> = {
  name: 'our embedded registry without the referrers API',
  referrersApi: false,
  start: async () => startRegistry({ quirks: { referrersApi: false } }),
}

describe.each([...interopRegistries, withoutApi])('on $name', ({ start, referrersApi }) => {
  it.each(['before', 'after'])(
    'referrers of oras, regctl and ours are seen by all, ours attached %s the others',
    async (when) => {
      await using registry = await start(directory)
      await using client = createRegistryClient()
      const repository = client.repository({ registry: registry.host, repository: 'team/app' })
      await pushImage(repository, singleImage, '1')
      const reference = `${registry.host}/team/app@${subject.digest}`
      const regctl = regctlHost(registry.host)

      if (when === 'before') await pushImage(repository, ours)
      const attach = ['attach', '--plain-http', '--artifact-type', type('oras'), reference, 'note.txt']
      await runTool('oras', attach, { cwd: directory })
      const put = ['artifact', 'put', '--artifact-type', type('regctl'), '--subject', reference]
      const note = ['--file', 'note.txt', '--annotation', 'org.example.who=regctl']
      await runTool('regctl', [...regctl, ...put, ...note], { cwd: directory })
      if (when === 'after') await pushImage(repository, ours)

      const expected = ['oras', 'ours', 'regctl'].map(type)
      const found = await repository.discoverReferrers(subject.digest)
      expect(found.rejected).toEqual([])
      expect(found.referrersApi).toBe(referrersApi ? 'listed' : 'missing')
      expect(typesOf(found.referrers.map(({ descriptor }) => descriptor))).toEqual(expected)
      const discovered = JSON.parse(
        await runTool('oras', ['discover', '--plain-http', '--format', 'json', reference]),
      ) as { referrers: Listed[] }
      expect(typesOf(discovered.referrers)).toEqual(expected)
      const listed = JSON.parse(
        await runTool('regctl', [...regctl, 'artifact', 'list', reference, '--format', '{{jsonPretty .}}']),
      ) as { descriptors: Listed[] }
      expect(typesOf(listed.descriptors)).toEqual(expected)
      const own = listed.descriptors.find(({ artifactType }) => artifactType === type('ours'))
      expect(own?.annotations).toEqual({ 'org.example.who': 'ours' })

      const list = await repository.findManifest(fallbackTag(subject.digest))
      if (referrersApi) expect(list).toBeUndefined()
      else expect(parseIndex(list!).manifests).toHaveLength(3)
    },
  )

  it('oras and regctl see an attestation of ours', async () => {
    await using registry = await start(directory)
    await using client = createRegistryClient()
    const repository = client.repository({ registry: registry.host, repository: 'ours/app' })
    await pushImage(repository, twoPlatforms, '1')
    const { digest } = twoPlatforms.raw.descriptor
    const keys = generateSigningKey()
    await attachAttestation(
      repository,
      twoPlatforms.raw.descriptor,
      createStatement([{ digest }], 'https://example.com/checked', { by: 'interop' }),
      keySigner(keys.privateKey),
      { createdAt: new Date('2026-11-25T12:00:00Z') },
    )
    const { verified } = await readEvidence(repository, digest, { keys: [keys.publicKey] })
    const referrer = verified.find(({ store }) => store === 'bundle')!.manifest
    const reference = `${registry.host}/ours/app@${digest}`
    expect(await runTool('oras', ['discover', '--plain-http', '--format', 'json', reference])).toContain(
      referrer,
    )
    const list = ['artifact', 'list', '--format', '{{json .}}', reference]
    expect(await runTool('regctl', [...regctlHost(registry.host), ...list])).toContain(referrer)
  })
})

interface Listed {
  readonly artifactType?: string | undefined
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

function typesOf(entries: readonly Listed[]): (string | undefined)[] {
  return entries.map(({ artifactType }) => artifactType).toSorted()
}
