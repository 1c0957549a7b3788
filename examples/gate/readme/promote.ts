import { readFile } from 'node:fs/promises'
import { keySigner } from '@sallyport/attest'
import { promote, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { explain, parsePolicy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'

const advisories = parseAdvisories(await readFile('advisories.json'), { source: 'advisories.json' })
await using journal = sqliteJournal('gate.db')
await using quarantine = sqliteQuarantine('gate.db')

const outcome = await promote({
  from: 'build.example/team/app:1.4',
  to: 'prod.example/team/app:1.4',
  tier: 'prod',
  policy: parsePolicy(await readFile('gate.yaml', 'utf8'), { source: 'gate.yaml' }),
  scanners: [builtinScanner({ advisories })],
  harden: true,
  signer: {
    evidence: keySigner(await readFile('evidence.key', 'utf8')),
    release: keySigner(await readFile('release.key', 'utf8')),
  },
  journal,
  quarantine,
})

switch (outcome.verdict) {
  case 'pass':
    console.log(outcome.target, outcome.digest)
    break
  case 'fail':
    console.log(explain(outcome.decision), outcome.quarantine.id)
    process.exitCode = 1
    break
  case 'error':
    throw outcome.error
}
