import { readFile } from 'node:fs/promises'
import { keySigner } from '@sallyport/attest'
import { createGate, type Gate, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { parsePolicy, parseWaivers } from '@sallyport/policy'
import type { Scanner } from '@sallyport/scan'

/** A gate that signs with the keys of cosign that were there before. */
export async function openGate(resources: AsyncDisposableStack, scanners: readonly Scanner[]): Promise<Gate> {
  const key = async (file: string) =>
    keySigner(await readFile(file, 'utf8'), { passphrase: process.env['COSIGN_PASSWORD'] })
  return resources.use(
    createGate({
      policy: parsePolicy(await readFile('gate.yaml', 'utf8'), { source: 'gate.yaml' }),
      waivers: [parseWaivers(await readFile('waivers.yaml', 'utf8'), { source: 'waivers.yaml' })],
      scanners,
      signer: { evidence: await key('evidence.key'), release: await key('cosign.key') },
      journal: resources.use(sqliteJournal('gate.db')),
      quarantine: resources.use(sqliteQuarantine('gate.db')),
    }),
  )
}
