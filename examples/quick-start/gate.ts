import { readFile } from 'node:fs/promises'
import { keySigner } from '@sallyport/attest'
import { promote, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { explain, parsePolicy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'

export async function promoteToProduction(from: string, to: string): Promise<void> {
  const advisories = parseAdvisories(await readFile('advisories.json'), { source: 'advisories.json' })
  await using journal = sqliteJournal('journal.db')
  await using quarantine = sqliteQuarantine('quarantine.db')
  const outcome = await promote({
    from, // build.example/team/app:1.4
    to, // prod.example/team/app:1.4
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
  if (outcome.verdict === 'error') throw outcome.error
  console.log(outcome.verdict === 'pass' ? `${outcome.target}@${outcome.digest}` : explain(outcome.decision))
}
