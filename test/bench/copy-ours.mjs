// Copies one image to one tag, as a user's program would, and prints how long the call took, in seconds.
import process from 'node:process'
import { copy, createRegistryClient, parseReference } from '@sallyport/oci'

const [from, to] = process.argv.slice(2).map((text) => parseReference(text))
await using client = createRegistryClient()
const started = performance.now()
// The peers copy the image alone.
await copy(client.repository(from), client.repository(to), { from: from.tag, tag: to.tag, evidence: false })
process.stdout.write(`${(performance.now() - started) / 1000}\n`)
