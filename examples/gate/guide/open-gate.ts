import { mkdir, readFile } from 'node:fs/promises'
import { keySigner } from '@sallyport/attest'
import type { Gate, GateOptions } from '@sallyport/gate'
import { createGate, folderBlobCache, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { parsePolicy, parseWaivers } from '@sallyport/policy'
import { builtinScanner, parseAdvisories } from '@sallyport/scan'

/** What a gate is made of besides its keys; dispose the stack when done. */
export async function openParts(resources: AsyncDisposableStack): Promise<Omit<GateOptions, 'signer'>> {
  await mkdir('.gate', { recursive: true })
  const journal = resources.use(sqliteJournal('.gate/gate.db'))
  const quarantine = resources.use(
    sqliteQuarantine('.gate/gate.db', {
      onEvent: ({ type, record }) => console.log(`${type}: ${record.destination}, ${record.id}`),
    }),
  )
  const advisories = parseAdvisories(await readFile('advisories.json'), { source: 'advisories.json' })
  return {
    policy: parsePolicy(await readFile('gate.yaml', 'utf8'), { source: 'gate.yaml' }),
    waivers: [parseWaivers(await readFile('waivers.yaml', 'utf8'), { source: 'waivers.yaml' })],
    approvalKeys: [await readFile('reviewers.pub', 'utf8')],
    scanners: [builtinScanner({ advisories })],
    harden: true,
    journal,
    quarantine,
    blobCache: folderBlobCache({ directory: '.gate/blobs', maxBytes: 4 * 1024 ** 3 }),
  }
}

/** A gate of them. */
export async function openGate(resources: AsyncDisposableStack): Promise<Gate> {
  const signer = {
    evidence: keySigner(process.env['EVIDENCE_KEY'] ?? ''),
    release: keySigner(process.env['RELEASE_KEY'] ?? ''),
  }
  return resources.use(createGate({ ...(await openParts(resources)), signer }))
}
