// Runs the webhook as a user's program would, from what is published:
//
//   admission-ours.mjs OPTIONS   OPTIONS: JSON { certificate, key, publicKey, gateId, repositories }
//
// Prints its port as the first line, and on SIGTERM ends. `/metrics` says what the process holds.
import { readFileSync } from 'node:fs'
import process from 'node:process'
import {
  createAdmission,
  createRegistryVerifier,
  defineAdmissionPolicy,
  pullingClients,
} from '@sallyport/admission'
import { createWebhookServer } from '@sallyport/admission/webhook'

const { certificate, key, publicKey, gateId } = JSON.parse(process.argv[2])
await using clients = pullingClients({ client: { retry: { attempts: 1 } } })
const signers = { release: { keys: [readFileSync(publicKey, 'utf8')] } }
const decision = { tier: 'prod', gates: [{ id: gateId, by: 'release' }], maxAge: '30d' }
const require = { decision, signature: { by: 'release' } }
const policy = defineAdmissionPolicy(
  { version: 1, signers, rules: [{ name: 'promoted', require }] },
  { source: 'bench' },
)
await using admission = createAdmission({
  policy,
  verifier: createRegistryVerifier({ repository: clients.repository }),
  maxWaiting: 5_000,
})
const gauge = (read) => ({ type: 'gauge', help: 'bench', read: () => [{ value: read() }] })
await using server = await createWebhookServer({
  admission,
  tls: { certificate, key },
  port: 0,
  host: '127.0.0.1',
  metrics: {
    bench_cpu_seconds: gauge(() => {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1e6
    }),
    bench_resident_bytes: gauge(() => process.memoryUsage().rss),
    bench_used_bytes: gauge(() => {
      globalThis.gc?.()
      const { heapUsed, external } = process.memoryUsage()
      return heapUsed + external
    }),
  },
})
process.stdout.write(`${server.port}\n`)
await new Promise((resolve) => process.once('SIGTERM', resolve))
