import { readFile } from 'node:fs/promises'
import { keySigner } from '@sallyport/attest'
import type { QuarantineEntry, QuarantineStore } from '@sallyport/gate'
import type { Policy } from '@sallyport/policy'

/** Lets an image through until a day, by the key of those who review, which the gate does not have. */
export async function approveImage(
  quarantine: QuarantineStore,
  policy: Policy,
  id: string,
  expires: string,
): Promise<QuarantineEntry> {
  const entry = await quarantine.get(id)
  return await quarantine.approve(id, {
    approver: 'Ada Lovelace',
    reason: 'the tool is there, but nothing can start it',
    expires,
    signer: keySigner(await readFile('reviewers.key', 'utf8')),
    terms: policy.tiers.get(entry?.record.tier ?? '')?.waivers,
  })
}
