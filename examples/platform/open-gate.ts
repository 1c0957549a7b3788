import { readFile } from 'node:fs/promises'
import { keySigner } from '@sallyport/attest'
import { createGate, type Gate, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { parsePolicy } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'
import { serviceSigner } from '../custom-signer/service-signer.ts'

/** The gate of the company, for its command line and its service alike. */
export async function openGate(resources: AsyncDisposableStack): Promise<Gate> {
  const advisories = parseAdvisories(await readFile('advisories.json'), { source: 'advisories.json' })
  return resources.use(
    createGate({
      policy: parsePolicy(await readFile('gate.yaml', 'utf8'), { source: 'gate.yaml' }),
      // The public half only: whoever has the private one approves, and the gate never does.
      approvalKeys: [await readFile('reviewers.pub', 'utf8')],
      scanners: [builtinScanner({ advisories })],
      harden: true,
      signer: {
        evidence: keySigner(await readFile('evidence.key', 'utf8')),
        release: await serviceSigner(process.env['SIGNING_URL'] ?? '', process.env['SIGNING_TOKEN'] ?? ''),
      },
      journal: resources.use(sqliteJournal('gate.db')),
      quarantine: resources.use(sqliteQuarantine('gate.db')),
    }),
  )
}
