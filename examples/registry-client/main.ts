// Runs the code of docs/guides/registry-client.md against registries in this process.
import { strict as assert } from 'node:assert'
import { createWriteStream } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Digest, digestOf } from '@sallyport/core'
import * as oci from '@sallyport/oci'
import {
  copy,
  createRegistryClient,
  dockerConfigCredentials,
  OciError,
  openArchive,
  openLayout,
  parseManifest,
} from '@sallyport/oci'
import { createImage, faultOn, pushImage, registryFaults } from '@sallyport/testkit'
import { checkGuide } from '../checks/check-guide.ts'
import { checkLinks } from '../checks/check-links.ts'
import { checkNames, readUnion } from '../checks/check-names.ts'
import { attachFile } from './guide/attach-file.ts'
import { copyInspected } from './guide/copy-inspected.ts'
import { copyRelease } from './guide/copy-release.ts'
import { copyResumable } from './guide/copy-resumable.ts'
import { copySelected } from './guide/copy-selected.ts'
import { countRequests } from './guide/count-requests.ts'
import { createClient } from './guide/create-client.ts'
import { deleteOldTags } from './guide/delete-old-tags.ts'
import { explainFailure } from './guide/explain-failure.ts'
import { exportImage } from './guide/export-image.ts'
import { findGaps } from './guide/find-gaps.ts'
import { importImage } from './guide/import-image.ts'
import { createWatchedClient } from './guide/limit-requests.ts'
import { listEvidence } from './guide/list-evidence.ts'
import { loadIntoDocker } from './guide/load-into-docker.ts'
import { createInformedClient, measureRegistry } from './guide/measure-registry.ts'
import { moveTag } from './guide/move-tag.ts'
import { readConfig } from './guide/read-config.ts'
import { resolveImage } from './guide/resolve-image.ts'
import { saveBlob } from './guide/save-blob.ts'
import { testCopyWithFaults } from './guide/test-with-faults.ts'
import { releaseImage } from './readme/release-image.ts'
import { startSampleRegistries } from './sample-registries.ts'

const here = import.meta.dirname
const root = join(here, '..', '..')
const guide = join(root, 'docs', 'guides', 'registry-client.md')
const readme = join(root, 'packages', 'oci', 'README.md')
await checkGuide(guide, join(here, 'guide'))
await checkGuide(readme, join(here, 'readme'))
await checkNames(readme, Object.keys(oci))
const codes = await readUnion(join(root, 'packages', 'oci', 'src', 'errors.ts'), 'OciErrorCode')
await checkNames(readme, codes)
await checkNames(guide, codes)
for (const document of [
  guide,
  readme,
  join(root, 'README.md'),
  join(root, 'packages', 'testkit', 'README.md'),
])
  await checkLinks(document)

const folder = await mkdtemp(join(tmpdir(), 'sallyport-registry-client-'))
await using samples = await startSampleRegistries()
const { build, production, image } = samples
const { digest } = image.raw.descriptor
await using client = createClient()
const at = (registry: { readonly host: string }, repository: string) =>
  client.repository({ registry: registry.host, repository })
const source = at(build, 'team/app')
const target = at(production, 'team/app')
const from = `${build.host}/team/app:1.4`
const to = `${production.host}/team/app:1.4`

async function readAnImage(): Promise<void> {
  const arm64 = await resolveImage(client, from, 'linux/arm64')
  assert.equal(arm64.descriptor.digest, image.children[1]?.descriptor.digest)
  assert.deepEqual(await resolveImage(client, from), image.children[0])
  await assert.rejects(resolveImage(client, from, 'windows/amd64'), /no image for windows/)
  const config = (await readConfig(source, arm64)) as { readonly architecture: string }
  assert.equal(config.architecture, 'arm64')

  const [layer] = parseManifest(arm64).layers
  assert(layer)
  const path = join(folder, 'layer.tar.gz')
  await saveBlob(source, layer, path)
  assert.equal(digestOf(await readFile(path)), layer.digest)
  await assert.rejects(saveBlob(source, { ...layer, size: layer.size - 1 }, path), { code: 'SIZE_MISMATCH' })
  await assert.rejects(readFile(path), { code: 'ENOENT' })
}

async function attachEvidence(): Promise<void> {
  for (const [name, type] of [
    ['sbom.json', 'application/spdx+json'],
    ['notes.txt', 'text/plain'],
  ] as const) {
    await writeFile(join(folder, name), `{"name":"${name}"}`)
    await attachFile(source, image.raw.descriptor, join(folder, name), type)
  }
  assert.deepEqual((await listEvidence(source, digest)).toSorted(), [
    'application/spdx+json by referrers-api',
    `sig by cosign's tag ${digest.replace(':', '-')}.sig`,
    'text/plain by referrers-api',
  ])
}

async function copyAnImage(): Promise<void> {
  const report = await copyRelease(client, from, to)
  assert.deepEqual(findGaps(report), [])
  assert.equal(production.resolve('team/app', '1.4'), digest)
  assert.equal(report.tags.at(-1)?.tag, '1.4')
  assert.deepEqual((await listEvidence(target, digest)).toSorted(), [
    'application/spdx+json by fallback-tag',
    `sig by cosign's tag ${digest.replace(':', '-')}.sig`,
    'text/plain by fallback-tag',
  ])
  const again = await copyRelease(client, from, to)
  assert.equal(again.unchanged, true)

  const counts = await countRequests(client, () =>
    copy(source, target, { from: '1.4', tag: '1.4', unchanged: 'skip' }),
  )
  const heads = counts.filter(({ method }) => method === 'HEAD').map(({ host, count }) => [host, count])
  assert.deepEqual(Object.fromEntries(heads), { [build.host]: 1, [production.host]: 1 })
  assert.deepEqual(
    counts.filter(({ method }) => method !== 'HEAD' && method !== 'GET'),
    [],
  )
}

async function copyAPart(): Promise<void> {
  const report = await copySelected(source, at(production, 'team/selected'), '1.4')
  const types = report.manifests.filter(({ role }) => role === 'referrer')
  assert.deepEqual(types.map(({ descriptor }) => descriptor.artifactType ?? descriptor.mediaType).length, 1)
  assert.equal(report.manifests.filter(({ role }) => role === 'cosign-tag').length, 1)
  assert.equal(report.manifests.filter(({ role }) => role === 'child').length, 1)
  assert.deepEqual(
    report.filtered.map(({ descriptor, reason }) => [descriptor.artifactType, reason]),
    [['text/plain', 'not-included']],
  )
  assert.equal(findGaps(report).length, 1)
}

async function lookIntoLayers(): Promise<void> {
  const amd64 = await resolveImage(client, from)
  const config = (await readConfig(source, amd64)) as { rootfs: { diff_ids: readonly [Digest, Digest] } }
  const [, layer] = parseManifest(amd64).layers
  assert(layer)
  const inspected = at(production, 'team/inspected')
  const refused = copyInspected(source, inspected, '1.4', new Set([config.rootfs.diff_ids[1]]))
  await assert.rejects(refused, /is forbidden/)
  assert.equal(production.resolve('team/inspected', '1.4'), undefined)
  assert.equal(await inspected.has(layer), false)
  await copyInspected(source, inspected, '1.4', new Set())
  assert.equal(production.resolve('team/inspected', '1.4'), digest)
}

async function resumeAnUpload(): Promise<void> {
  const content = Buffer.alloc(12 * 1024 * 1024, 'a large layer ')
  const large = createImage({ layers: [{ files: { large: { content } }, compression: 'none' }] })
  await pushImage(at(build, 'team/large'), large, '1')
  const state = join(folder, 'uploads')
  const credentials = dockerConfigCredentials()
  {
    await using first = createRegistryClient({ credentials, retry: { attempts: 1 } })
    production.setRequestHook(faultOn({ method: 'PATCH', nth: 3, times: 100 }, registryFaults.cutRequest()))
    const [there, here] = [build, production].map(({ host }) =>
      first.repository({ registry: host, repository: 'team/large' }),
    )
    assert(there && here)
    await assert.rejects(copyResumable(there, here, '1', state), { code: 'REGISTRY_UNREACHABLE' })
    production.setRequestHook(undefined)
  }
  production.clearRequests()
  await copyResumable(at(build, 'team/large'), at(production, 'team/large'), '1', state)
  assert.equal(production.resolve('team/large', '1'), large.raw.descriptor.digest)
  const sent = production.requests.reduce((sum, { receivedBytes }) => sum + receivedBytes, 0)
  assert(sent < content.byteLength * 0.7, `${sent} bytes were sent again: not resumed`)
}

async function crossTheGap(): Promise<void> {
  const tar = join(folder, 'app.tar')
  await exportImage(source, '1.4', tar)
  await importImage(tar, at(production, 'team/imported'), '1.4')
  assert.equal(production.resolve('team/imported', '1.4'), digest)
  assert.equal((await listEvidence(at(production, 'team/imported'), digest)).length, 3)

  await exportImage(source, '1.4', join(folder, 'layout'))
  const layout = await openLayout(join(folder, 'layout'))
  assert.equal((await layout.getManifest('1.4')).descriptor.digest, digest)

  const file = join(folder, 'docker.tar')
  await loadIntoDocker(client, from, createWriteStream(file))
  await using archive = await openArchive(file, { format: 'docker' })
  const loaded = parseManifest(await archive.getManifest('1.4'))
  assert.equal(loaded.config.digest, parseManifest(await resolveImage(client, from)).config.digest)
}

async function changeTags(): Promise<void> {
  const [amd64, arm64] = image.children.map(({ descriptor }) => descriptor.digest)
  assert(amd64 && arm64)
  assert.equal(await moveTag(target, 'edge', { from: 'absent', to: amd64 }), 'moved')
  assert.equal(await moveTag(target, 'edge', { from: digest, to: arm64 }), 'somebody else moved it')
  assert.equal(production.resolve('team/app', 'edge'), amd64)
  assert.equal(await moveTag(target, 'edge-2', { from: 'absent', to: arm64 }), 'moved')
  assert.deepEqual(await deleteOldTags(target, 'edge', 'edge-2'), ['edge'])
  assert.equal(production.resolve('team/app', 'edge'), undefined)
  assert.equal(production.resolve('team/app', amd64), amd64)
}

async function runTheReadme(): Promise<void> {
  await releaseImage(`${build.host}/team/app`, `${production.host}/team/readme`)
  assert.equal(production.resolve('team/readme', '1.4'), digest)
}

async function measure(): Promise<void> {
  const file = join(folder, 'capabilities.json')
  await measureRegistry(client, `${production.host}/team/app`, file)
  await using informed = await createInformedClient(file)
  const repository = informed.repository({ registry: production.host, repository: 'team/app' })
  production.clearRequests()
  assert.equal((await repository.listReferrers(digest)).length, 2)
  assert.equal(production.requests.filter(({ kind }) => kind === 'referrers').length, 0)
}

async function fail(): Promise<void> {
  const lines: string[] = []
  const { client: watched, signal } = createWatchedClient(3, (line) => lines.push(line))
  const repository = watched.repository({ registry: build.host, repository: 'team/app' })
  const tarred = exportAborted(repository, signal)
  await assert.rejects(tarred, /more than 3 requests/)
  assert(lines.some((line) => line.startsWith(`GET ${build.url}/v2/team/app/manifests/1.4 200, try 1`)))
  await watched.close()

  await using stranger = createRegistryClient()
  const denied = await stranger
    .repository({ registry: build.host, repository: 'team/app' })
    .getManifest('1.4')
    .catch((error: unknown) => error)
  assert(denied instanceof OciError)
  assert.match(explainFailure(denied), /^sign in to the registry/)
}

async function exportAborted(repository: typeof source, signal: AbortSignal): Promise<void> {
  const layout = await openLayout(join(folder, 'aborted'), { create: true })
  await copy(repository, layout, { from: '1.4', tag: '1.4', signal })
}

try {
  await readAnImage()
  await attachEvidence()
  await copyAnImage()
  await copyAPart()
  await lookIntoLayers()
  await resumeAnUpload()
  await crossTheGap()
  await changeTags()
  await runTheReadme()
  await measure()
  await fail()
  await testCopyWithFaults()
} finally {
  await rm(folder, { recursive: true, force: true })
}
