import type { Digest } from '@sallyport/core'
import {
  createStatement,
  decisionLevel,
  decisionResource,
  predicateKinds,
  predicateTypes,
  type Statement,
} from '@sallyport/attest'
import type { Decision } from '@sallyport/policy'
import { packageVersion } from '../package-version.ts'
import type { AttachedEvidence } from '../record/attached-evidence.ts'

/** Options of {@link describeDecision}. */
export interface DescribeDecisionOptions {
  /** Id of this gate, as decisions name it. */
  readonly verifierId: string
  /** Evidence that the decision relied on, by the digest of each signed document. */
  readonly evidence: readonly AttachedEvidence[]
}

/**
 * A passed decision as SLSA Verification Summary v1, bound to its destination and tier. The digests of the evidence
 * make it about exactly what is attached.
 *
 * @throws {TypeError} when the decision did not pass: a refusal is never attached.
 */
export function describeDecision(
  subject: Digest,
  decision: Decision,
  { verifierId, evidence }: DescribeDecisionOptions,
): Statement {
  if (decision.verdict !== 'pass') throw new TypeError('only a passed decision is attached')
  const repository = decision.destination.slice(0, decision.destination.lastIndexOf(':'))
  const predicate = predicateKinds.vsa.build({
    verifier: { id: verifierId, version: { '@sallyport/gate': packageVersion } },
    timeVerified: new Date(decision.evaluatedAt),
    resourceUri: decisionResource(repository),
    policy: { uri: decision.policy.source, digest: decision.policy.digest },
    inputAttestations: evidence
      .flatMap(({ pieces }) => pieces.slice(0, 1))
      .map(({ blob }) => ({ uri: `oci://${repository}@${blob}`, digest: blob }))
      .sort((one, other) => (one.uri < other.uri ? -1 : 1)),
    result: 'PASSED',
    verifiedLevels: [decisionLevel(decision.tier, { breakGlass: decision.breakGlass?.needed })],
    extensions: { 'https://sallyport.dev/decision': describeDetails(decision) },
  })
  return createStatement([{ name: repository, digest: subject }], predicateTypes.vsa, predicate)
}

function describeDetails({
  tier,
  destination,
  breakGlass,
  rules,
  waivers,
  findings,
  reasons,
  inputs,
}: Decision): object {
  return {
    tier,
    destination,
    ...(breakGlass && { breakGlass }),
    inputs,
    rules,
    waivers,
    findings: findings.map(({ id, purl, severity, usage, waivedBy, suppressed }) => ({
      id,
      purl,
      severity,
      usage,
      waivedBy,
      suppressed,
    })),
    notes: reasons.map(({ code, message }) => ({ code, message })),
  }
}
