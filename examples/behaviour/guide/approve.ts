import { attachAttestation, type Signer } from '@sallyport/attest'
import type { Descriptor } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import {
  type ApprovedProfile,
  approveProfile,
  type CandidateProfile,
  createProfileStatement,
} from '@sallyport/runtime/behaviour'

/** Approves a candidate, and attaches it to its image, signed. */
export async function approve(
  candidate: CandidateProfile,
  repository: Repository,
  image: Descriptor,
  signer: Signer,
): Promise<ApprovedProfile> {
  for (const { path, reason } of candidate.refused) console.log(`not learned: ${path} (${reason})`)
  const profile = approveProfile(candidate, {
    by: 'ann@shop.example',
    at: new Date().toISOString(),
    reason: 'load test of release 2.1, read line by line',
  })
  await attachAttestation(repository, image, createProfileStatement(profile), signer)
  return profile
}
