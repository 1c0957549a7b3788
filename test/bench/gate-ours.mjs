// Promotes images as a user's program would, from what is published, and prints what it cost as JSON:
//
//   gate-ours.mjs TASK   TASK: JSON { source, target, tags, database, work, concurrency, rounds }
//
// `rounds`: as often as that, to another target each time, as a program that runs on does; the time is that of the last.
import { join } from 'node:path'
import process from 'node:process'
import { generateSigningKey, keySigner } from '@sallyport/attest'
import { createGate, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { parsePolicy } from '@sallyport/policy'
import { builtinScanner } from '@sallyport/scan'
import { openAdvisoryDatabase } from '@sallyport/scan/database'

const { source, target, tags, database, work, concurrency, rounds = 1 } = JSON.parse(process.argv[2])
const key = () => keySigner(generateSigningKey().privateKey)
const policy =
  'version: 1\ntiers:\n  prod: { thresholds: [{ name: critical, severity: critical, max: 100000 }] }\n'
await using journal = sqliteJournal(join(work, 'gate.db'))
await using quarantine = sqliteQuarantine(join(work, 'quarantine.db'))
await using gate = createGate({
  policy: parsePolicy(policy, { source: 'bench.yaml' }),
  scanners: [builtinScanner({ advisories: await openAdvisoryDatabase(database) })],
  signer: { evidence: key(), release: key() },
  journal,
  quarantine,
  workDirectory: work,
  settleMs: 0,
})
let seconds = 0
for (let round = 1; round <= rounds; round++) {
  const started = performance.now()
  const to = (tag) => `${target}-${round}:${tag}`
  const requests = tags.map((tag) => ({ from: `${source}:${tag}`, to: to(tag), tier: 'prod' }))
  const outcomes = await gate.promoteAll(requests, { concurrency })
  const stopped = outcomes.find(({ verdict }) => verdict !== 'pass')
  if (stopped) throw stopped.error ?? new Error(JSON.stringify(stopped.decision.reasons))
  seconds = (performance.now() - started) / 1000
}
process.stdout.write(JSON.stringify({ seconds }))
