import { mkdir, readFile } from 'node:fs/promises'
import { keySigner } from '@sallyport/attest'
import { createGate, folderBlobCache, type Gate, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { parsePolicy, parseWaivers } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'

/** A gate, and what it is made of; dispose the stack when done. */
export async function openGate(resources: AsyncDisposableStack): Promise<Gate> {
  await mkdir('.gate', { recursive: true })
  const journal = resources.use(sqliteJournal('.gate/gate.db'))
  const quarantine = resources.use(
    sqliteQuarantine('.gate/gate.db', {
      onEvent: ({ type, record }) => console.log(`${type}: ${record.destination}, ${record.id}`),
    }),
  )
  const advisories = parseAdvisories(await readFile('advisories.json'), { source: 'advisories.json' })
  return resources.use(
    createGate({
      policy: parsePolicy(await readFile('gate.yaml', 'utf8'), { source: 'gate.yaml' }),
      waivers: [parseWaivers(await readFile('waivers.yaml', 'utf8'), { source: 'waivers.yaml' })],
      approvalKeys: [await readFile('reviewers.pub', 'utf8')],
      scanners: [builtinScanner({ advisories })],
      harden: true,
      signer: {
        evidence: keySigner(process.env['EVIDENCE_KEY'] ?? ''),
        release: keySigner(process.env['RELEASE_KEY'] ?? ''),
      },
      journal,
      quarantine,
      blobCache: folderBlobCache({ directory: '.gate/blobs', maxBytes: 4 * 1024 ** 3 }),
    }),
  )
}
