// Copies one image from registry to registry as a user's program would, and prints how long the call took, in seconds.
//
//   scan-tap-ours.mjs FROM TO [inventory]   with `inventory`: lists its packages from the bytes that pass by
import process from 'node:process'
import { createInventoryTap } from '@sallyport/inventory'
import { copy, createRegistryClient, parseReference } from '@sallyport/oci'

const [from, to] = process.argv.slice(2, 4).map((text) => parseReference(text))
await using client = createRegistryClient()
const [source, target] = [client.repository(from), client.repository(to)]
const options = { from: from.tag, tag: to.tag, evidence: false }
const started = performance.now()
if (process.argv[4] === 'inventory') {
  const { tap, inventory } = await createInventoryTap(source, await source.getManifest(from.tag))
  await copy(source, target, { ...options, tap })
  const { packages } = await inventory()
  if (packages.length === 0) throw new Error('no package was found')
} else {
  await copy(source, target, options)
}
process.stdout.write(`${(performance.now() - started) / 1000}\n`)
