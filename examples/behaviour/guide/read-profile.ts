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
  // It is attached in several forms for several readers; their payload is the same.
  const [trace, ...others] = new Map(traces.map((one) => [one.payload, one])).values()
  if (trace === undefined || others.length > 0) throw new Error(`not one profile of ${image}`)
  return readProfileStatement(trace.statement, { image, workload: 'shop/deployment/cart' })
}
