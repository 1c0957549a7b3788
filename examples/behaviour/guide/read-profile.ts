import { predicateTypes, readEvidence } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import {
  type ApprovedProfile,
  type EnforcedProfile,
  readProfileStatement,
} from '@sallyport/runtime/behaviour'

/** The profile that was attached to an image by someone who may. */
export async function readProfile(
  repository: Repository,
  image: Digest,
  publicKey: string,
): Promise<ApprovedProfile | EnforcedProfile> {
  const { verified } = await readEvidence(repository, image, { keys: [publicKey] })
  const traces = verified.filter(({ statement }) => statement.predicateType === predicateTypes.runtimeTrace)
  const [trace, ...others] = traces
  if (trace === undefined || others.length > 0) throw new Error(`${traces.length} profiles of ${image}`)
  return readProfileStatement(trace.statement, image)
}
