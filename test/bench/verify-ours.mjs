// Verifies one signed image as a user's program would, from what is published.
//
//   verify-ours.mjs once FILE                       one image, as a program that does nothing else
//   verify-ours.mjs times FILE                      milliseconds of each way to verify, over and over, as JSON
//   verify-ours.mjs memory FILE bundle|image COUNT  bytes in use after a tenth, after half and after all, as JSON
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { setImmediate } from 'node:timers/promises'
import {
  createImageVerifier,
  createVerificationCache,
  parseTrustedRoot,
  verifyBundle,
  verifyImage,
} from '@sallyport/attest'
import { createRegistryClient } from '@sallyport/oci'

const [task, file, way, count] = process.argv.slice(2)
const { registry, repository: name, digest, bundle, signer } = JSON.parse(await readFile(file, 'utf8'))
const isKey = signer.kind === 'key'
const key = isKey ? await readFile(signer.publicKey, 'utf8') : undefined
const root = isKey ? undefined : parseTrustedRoot(await readFile(signer.trustedRoot))
const identities = isKey ? undefined : [{ issuer: signer.issuer, subject: signer.subject }]
const requirements = [{ kind: 'signature', by: isKey ? { keys: [key] } : { identities } }]

await using client = createRegistryClient()
const repository = client.repository({ registry, repository: name })
const bytes = await readFile(bundle)

const ways = {
  bundle: () => verifyBundle(bytes, { digest }, { keys: isKey ? [key] : [], root, identities }).verified,
  image: withVerifier({}),
  cached: withVerifier({ cache: createVerificationCache() }),
}

function withVerifier(options) {
  const verifier = createImageVerifier({ requirements, root, ...options })
  return async () => (await verifier.verify(repository, digest)).allow
}

async function require(verify) {
  if (!(await verify())) throw new Error('it does not verify')
}

async function measureTimes(verify, rounds) {
  const times = []
  // The first fifth warms up.
  for (let round = -rounds / 5; round < rounds; round++) {
    const started = performance.now()
    await require(verify)
    if (round >= 0) times.push(performance.now() - started)
  }
  const sorted = times.toSorted((one, other) => one - other)
  const at = (part) => sorted[Math.floor(sorted.length * part)]
  const perSecond = (1000 * times.length) / times.reduce((sum, time) => sum + time, 0)
  return { p50: at(0.5), p99: at(0.99), perSecond }
}

/** Finalizers run in turns of their own, and what they release is collected only after them. */
async function memory() {
  for (let turn = 0; turn < 3; turn++) {
    globalThis.gc()
    await setImmediate()
  }
  globalThis.gc()
  const { heapUsed, external, rss } = process.memoryUsage()
  return { used: heapUsed + external, resident: rss }
}

async function measureMemory(verify, rounds) {
  const samples = []
  for (let round = 1; round <= rounds; round++) {
    await require(verify)
    if ([rounds / 10, rounds / 2, rounds].includes(round)) samples.push(await memory())
  }
  return samples
}

switch (task) {
  case 'once':
    await require(async () => (await verifyImage(repository, digest, { requirements, root })).allow)
    break
  case 'times': {
    const rounds = { bundle: 1000, image: 300, cached: 300 }
    const times = {}
    for (const [each, verify] of Object.entries(ways)) times[each] = await measureTimes(verify, rounds[each])
    process.stdout.write(JSON.stringify(times))
    break
  }
  case 'memory':
    process.stdout.write(JSON.stringify(await measureMemory(ways[way], Number(count))))
    break
  default:
    throw new Error(`unknown task ${task}`)
}
