import { hardenImage } from '@sallyport/harden'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import type { Repository } from '@sallyport/oci'

/** Hardens an image, tells what became of it, and returns the digest of what should be used from now on. */
export async function harden(repository: Repository, reference: string): Promise<string> {
  await using image = await openImage(repository, await repository.getManifest(reference))
  const inventory = await createInventory(image)
  const { report, image: smaller } = await hardenImage(image, inventory, {
    commands: [['/usr/bin/drain', '--wait']], // a preStop hook that the image's own configuration does not name
  })
  await using _ = smaller // `undefined` when nothing changed

  console.log(report.unchangedBecause ?? report.removed.map(({ purl }) => purl))
  for (const { purl, usage, keptBy, chain } of report.kept) {
    console.log(purl, usage, keptBy?.detail ?? chain.map(({ from, kind, to }) => `${from} -${kind}-> ${to}`))
  }
  return (smaller ?? image).raw.descriptor.digest
}
