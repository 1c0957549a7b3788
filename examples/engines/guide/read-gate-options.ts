import { readFile } from 'node:fs/promises'
import { keySigner } from '@sallyport/attest'
import type { GateOptions, Journal, QuarantineStore } from '@sallyport/gate'
import { parsePolicy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'

/** What every worker makes its gate of: the same files, and a journal and a quarantine that all of them share. */
export async function readGateOptions(journal: Journal, quarantine: QuarantineStore): Promise<GateOptions> {
  const advisories = parseAdvisories(await readFile('advisories.json'), { source: 'advisories.json' })
  return {
    policy: parsePolicy(await readFile('gate.yaml', 'utf8'), { source: 'gate.yaml' }),
    approvalKeys: [await readFile('reviewers.pub', 'utf8')],
    scanners: [builtinScanner({ advisories })],
    harden: true,
    signer: {
      evidence: keySigner(await readFile('evidence.key', 'utf8')),
      release: keySigner(await readFile('release.key', 'utf8')),
    },
    journal,
    quarantine,
  }
}
