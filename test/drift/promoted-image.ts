import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Digest } from '@sallyport/core'
import { promote, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { openImage } from '@sallyport/image'
import { copyImage, createRegistryClient, openLayout, parseReference } from '@sallyport/oci'
import { type ImageBaseline, readBaseline } from '@sallyport/runtime'
import { createGate } from '@sallyport/test-e2e/gate'
import { imageLayout, type ImageName, type RunConfig, unpackImage } from '@sallyport/test-images'
import { startRegistry } from '@sallyport/testkit'

/** An image that the gate promoted: its files unpacked from the target, and what its signed evidence says of them. */
export interface PromotedImage extends AsyncDisposable, ImageBaseline {
  readonly digest: Digest
  readonly rootfs: string
  readonly config: ImageBaseline['config']
  readonly run: RunConfig
  /** Folder for the work of the suite. */
  readonly directory: string
}

/** Promotes a real image with its file manifest, and reads it back as a node would. */
export async function promoteRealImage(name: ImageName): Promise<PromotedImage> {
  await using resources = new AsyncDisposableStack()
  const directory = await mkdtemp(join(tmpdir(), 'sallyport-drift-'))
  resources.defer(() => rm(directory, { recursive: true, force: true }))
  const registry = await startRegistry()
  resources.defer(() => registry.close())
  const client = createRegistryClient()
  resources.defer(() => client.close())
  const gate = await createGate(undefined, new Date().toISOString())
  const journal = resources.use(sqliteJournal(':memory:'))
  const quarantine = resources.use(sqliteQuarantine(':memory:'))

  const [from, to] = [`${registry.host}/build/${name}:1.0`, `${registry.host}/prod/${name}:1.0`]
  const cached = await imageLayout(name)
  const layout = await openLayout(cached.directory)
  const source = client.repository(parseReference(from))
  const raw = await layout.getManifest(cached.tag)
  await copyImage(layout, source, raw.descriptor)
  await source.putManifest(raw, { tag: '1.0' })
  const outcome = await promote({
    ...gate,
    harden: false,
    fileManifest: true,
    from,
    to,
    journal,
    quarantine,
    repository: (reference) => client.repository(reference),
    workDirectory: directory,
  })
  if (outcome.verdict !== 'pass') throw new Error(`${name} was not promoted: ${JSON.stringify(outcome)}`)

  const target = client.repository(parseReference(to))
  const baseline = await readBaseline(target, outcome.digest, {
    fileManifest: { keys: [gate.keys.evidence.publicKey] },
    requirements: [
      {
        kind: 'vsa',
        verifiers: [{ id: 'https://sallyport.dev/gate/prod', by: { keys: [gate.keys.release.publicKey] } }],
        resourceUri: `pkg:oci/${name}?repository_url=${encodeURIComponent(`${registry.host}/prod/${name}`)}`,
      },
    ],
    platform: 'linux/amd64',
  })
  await using image = await openImage(target, await target.getManifest(baseline.image), { directory })
  const rootfs = join(directory, 'rootfs')
  const unpacked = await unpackImage(image.layoutDirectory, rootfs)
  const owned = resources.move()
  return {
    ...baseline,
    digest: outcome.digest,
    rootfs,
    run: unpacked.config,
    directory,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}
