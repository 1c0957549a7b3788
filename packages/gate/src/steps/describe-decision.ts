import type { Digest } from '@sallyport/core'
import { createStatement, predicateTypes, type Statement } from '@sallyport/attest'
import type { Decision } from '@sallyport/policy'
import type { AttachedEvidence } from '../promote/outcome.ts'

/** Options of {@link describeDecision}. */
export interface DescribeDecisionOptions {
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
  const name = repository.slice(repository.lastIndexOf('/') + 1)
  return createStatement([{ name: repository, digest: subject }], predicateTypes.vsa, {
    verifier: { id: verifierId },
    timeVerified: decision.evaluatedAt,
    resourceUri: `pkg:oci/${encodeURIComponent(name)}?repository_url=${encodeURIComponent(repository)}`,
    policy: { uri: decision.policy.source, digest: toDigestSet(decision.policy.digest) },
    inputAttestations: evidence
      .flatMap(({ pieces }) => pieces.slice(0, 1))
      .map(({ blob }) => ({ uri: `oci://${repository}@${blob}`, digest: toDigestSet(blob) }))
      .sort((one, other) => (one.uri < other.uri ? -1 : 1)),
    verificationResult: 'PASSED',
    verifiedLevels: [`SALLYPORT_GATE_${decision.tier.toUpperCase().replaceAll('-', '_')}`],
    slsaVersion: '1.1',
    'https://sallyport.dev/decision': {
      tier: decision.tier,
      destination: decision.destination,
      rules: decision.rules,
      waivers: decision.waivers,
      findings: decision.findings.map(({ id, purl, severity, usage, waivedBy }) => ({
        id,
        purl,
        severity,
        usage,
        waivedBy,
      })),
      notes: decision.reasons.map(({ code, message }) => ({ code, message })),
    },
  })
}

function toDigestSet(digest: Digest): Record<string, string> {
  const [algorithm, hex] = digest.split(':') as [string, string]
  return { [algorithm]: hex }
}
