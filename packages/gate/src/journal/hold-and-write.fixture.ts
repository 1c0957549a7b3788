import { digestOf } from '@sallyport/core'
import { sqliteJournal } from './sqlite-journal.ts'

// A process of its own, to be killed: takes a lease, says so, and writes until the end.
const [path = '', worker = ''] = process.argv.slice(2)
const journal = sqliteJournal(path)
const key = digestOf(worker)
const at = '2026-11-25T10:00:00.000Z'
await journal.begin({
  key,
  source: 'build.example/app:1',
  sourceDigest: key,
  destination: 'prod.example/app:1',
  tier: 'prod',
  policyDigest: key,
  startedAt: at,
})
if (!(await journal.leases.acquire('prod.example/app:1'))) throw new Error('the lease is taken')
process.stdout.write('held\n')
for (let n = 0; ; n++) {
  const findings = Array.from({ length: 20 }, (_, i) => ({
    id: `CVE-2026-${n}`,
    aliases: [`GHSA-${n}`],
    purl: `pkg:npm/p${i}@1`,
  }))
  await journal.saveStep(key, 1, { name: `step ${n}`, output: { n, filler: 'x'.repeat(2000) }, at })
  await journal.noteFirstSeen('prod.example/app', findings, at)
}
