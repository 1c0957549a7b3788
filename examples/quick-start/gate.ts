import { readFileSync } from 'node:fs'
import { keySigner } from '@sallyport/attest'
import { promote, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { explain, parsePolicy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'

const [from = '', to = ''] = process.argv.slice(2)
const read = (file: string) => readFileSync(file, 'utf8')
const policy = parsePolicy(read('gate.yaml'), { source: 'gate.yaml' })
const advisories = parseAdvisories(readFileSync('advisories.json'), { source: 'advisories.json' })
const outcome = await promote({
  from,
  to,
  tier: 'prod',
  policy,
  scanners: [builtinScanner({ advisories })],
  harden: true,
  signer: { evidence: keySigner(read('evidence.key')), release: keySigner(read('release.key')) },
  journal: sqliteJournal('gate.db'),
  quarantine: sqliteQuarantine('gate.db'),
})
if (outcome.verdict === 'error') console.error(`${outcome.error.code}: ${outcome.error.message}`)
if (outcome.decision) console.log(explain(outcome.decision))
process.exitCode = { pass: 0, fail: 1, error: 2 }[outcome.verdict]
