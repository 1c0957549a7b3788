// Hardens an image of an OCI layout as a user's program would, from what is published: opens it, lists its packages,
// removes what is unused. Prints what it did and how long each part took, as JSON.
//
//   harden-ours.mjs LAYOUT TAG DIRECTORY [OPTIONS [COPY]]   OPTIONS: JSON for hardenImage; COPY: folder for the result's layout
import { cp } from 'node:fs/promises'
import process from 'node:process'
import { hardenImage } from '@sallyport/harden'
import { openImage } from '@sallyport/image'
import { createInventory } from '@sallyport/inventory'
import { openLayout } from '@sallyport/oci'

const [layoutDirectory, tag, directory, options = '{}', to] = process.argv.slice(2)
const started = performance.now()
const seconds = () => (performance.now() - started) / 1000
const layout = await openLayout(layoutDirectory)
await using image = await openImage(layout, await layout.getManifest(tag), { directory })
const inventory = await createInventory(image)
const opened = seconds()
const { report, image: smaller } = await hardenImage(image, inventory, { ...JSON.parse(options), directory })
const done = seconds()
await using _ = smaller
if (smaller && to) await cp(smaller.layoutDirectory, to, { recursive: true })
const before = new Set(image.manifest.layers.map(({ digest }) => digest))
process.stdout.write(
  JSON.stringify({
    openSeconds: opened,
    hardenSeconds: done - opened,
    digest: smaller?.raw.descriptor.digest,
    unchangedBecause: report.unchangedBecause,
    kept: report.kept.length,
    removed: report.removed.map(({ name, bytes }) => ({ name, bytes })),
    holds: report.invariants.every(({ holds }) => holds),
    layers: smaller?.manifest.layers.map(({ digest, size }) => ({ size, isNew: !before.has(digest) })),
  }),
)
