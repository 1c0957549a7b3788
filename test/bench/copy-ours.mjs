// Copies one image to one tag, as a user's program would, and prints how long the call took, in seconds. With a third
// argument it does so as often as that says, as a program that runs on does, and prints the time of the last call.
import process from 'node:process'
import { copy, createRegistryClient, parseReference } from '@sallyport/oci'

const [from, to] = process.argv.slice(2, 4).map((text) => parseReference(text))
await using client = createRegistryClient()
let seconds = 0
for (let call = 0; call < Number(process.argv[4] ?? 1); call++) {
  const started = performance.now()
  // The peers copy the image alone.
  await copy(client.repository(from), client.repository(to), { from: from.tag, tag: to.tag, evidence: false })
  seconds = (performance.now() - started) / 1000
}
process.stdout.write(`${seconds}\n`)
