import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, type Descriptor, isIndexMediaType, type RawManifest } from '@sallyport/core'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { openLayout, parseIndex } from '@sallyport/oci'
import type { ScanTarget } from '@sallyport/scan'
import { type ImageName, imageLayout } from '@sallyport/test-images'
import { createImage, type LayerDescription, pushImage } from '@sallyport/testkit'

/** Makes a scan target of one platform of a real image: its inventory, and a layout that holds nothing but it. */
export async function targetOfImage(
  name: ImageName,
  directory: string,
  { architecture = 'amd64' }: { readonly architecture?: string | undefined } = {},
): Promise<ScanTarget> {
  const { directory: cached, tag } = await imageLayout(name)
  const layout = await openLayout(cached)
  let manifest: RawManifest = await layout.getManifest(tag)
  if (isIndexMediaType(manifest.descriptor.mediaType)) {
    const entries = parseIndex(manifest).manifests
    const own = entries.find(({ platform }) => platform?.architecture === architecture)
    if (own === undefined) throw new Error(`the image ${name} has no ${architecture}`)
    manifest = await layout.getManifest(own.digest)
  }
  await mkdir(directory, { recursive: true })
  await symlink(join(cached, 'blobs'), join(directory, 'blobs'))
  const { mediaType, digest, size }: Descriptor = manifest.descriptor
  await writeFile(join(directory, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }))
  await writeFile(
    join(directory, 'index.json'),
    JSON.stringify({ schemaVersion: 2, manifests: [{ mediaType, digest, size }] }),
  )
  return await targetOf(directory, manifest)
}

/** Makes a scan target of an image with these layers. */
export async function targetOfLayers(
  layers: readonly LayerDescription[],
  directory: string,
): Promise<ScanTarget> {
  const image = createImage({ layers })
  await pushImage(await openLayout(directory, { create: true }), image)
  return await targetOf(directory, image.raw)
}

async function targetOf(layoutDirectory: string, manifest: RawManifest): Promise<ScanTarget> {
  await using image = await openImage(await openLayout(layoutDirectory), manifest)
  const inventory = await createInventory(image)
  return {
    subject: digestOf(manifest.bytes),
    platform: inventory.platform,
    inventory,
    layoutDirectory,
  }
}
