import {
  checkVsa,
  parsePredicate,
  predicateKinds,
  predicateTypes,
  readEvidence,
  requireEvidence,
} from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'

/** What keeps an image out of production, by the summaries that the gate's key signed; empty when nothing does. */
export async function findObjections(
  repository: Repository,
  image: Digest,
  gateKey: string,
): Promise<readonly string[]> {
  const report = await readEvidence(repository, image, { keys: [gateKey] })
  const summaries = requireEvidence(report, { predicateType: predicateTypes.vsa })
  if (!summaries) return ['no summary', ...report.rejected.map(({ reason }) => `not counted: ${reason}`)]
  const checks = summaries.map(({ statement }) =>
    checkVsa(parsePredicate(statement, predicateKinds.vsa), {
      verifierId: 'https://gate.example/prod',
      resourceUri: 'pkg:oci/app?repository_url=prod.example%2Fteam%2Fapp',
      minimumLevels: ['SLSA_BUILD_LEVEL_2'],
      now: new Date(),
    }),
  )
  if (checks.some(({ ok }) => ok)) return []
  return checks.flatMap(({ problems }) => problems.map(({ message }) => message))
}
