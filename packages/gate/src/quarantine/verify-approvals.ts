import { verifyEnvelope } from '@sallyport/attest'
import { parseWaivers, type WaiverFile } from '@sallyport/policy'
import type { ApprovedWaivers } from '../ports/quarantine-store.ts'
import { waiverSource, waiversPayloadType } from './grant-waivers.ts'

/** The waivers of signed approvals that can be believed and have not expired. */
export function verifyApprovals(
  approvals: readonly { readonly id: string; readonly envelope: string }[],
  { keys, now }: { readonly keys: readonly string[]; readonly now: Date },
): ApprovedWaivers {
  const files: WaiverFile[] = []
  const refused: { id: string; message: string }[] = []
  for (const { id, envelope } of approvals) {
    const verdict = verifyEnvelope(envelope, { payloadType: waiversPayloadType, keys })
    if (!verdict.verified) {
      refused.push({ id, message: `the approval is not believed: ${verdict.message}` })
      continue
    }
    try {
      const text = Buffer.from(verdict.payload).toString('utf8')
      const file = parseWaivers(text, { source: waiverSource(id) })
      if (file.waivers.some(({ expires }) => now.getTime() < Date.parse(expires))) files.push(file)
    } catch (error) {
      refused.push({ id, message: error instanceof Error ? error.message : String(error) })
    }
  }
  return { files, refused }
}
