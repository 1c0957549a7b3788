import * as z from 'zod'
import type { PolicyFacts, VerifiedEvidence } from '../facts.ts'
import { broken, holds, unanswered } from '../rules/rule-result.ts'
import type { Loosening, RuleResult } from '../rules/rule-kind.ts'

/** What becomes of an image without it. `required`: the rule is broken. `ifPresent`: it holds, but what is there must do. */
export type Presence = 'required' | 'ifPresent'

/** Always written out: no reader should have to know a default. */
export const presenceSchema = z.enum(['required', 'ifPresent'])

/** Whether absence became acceptable. */
export function presenceLoosened(
  parent: { readonly presence: Presence },
  child: { readonly presence: Presence },
): readonly Loosening[] {
  return parent.presence === 'required' && child.presence === 'ifPresent'
    ? [{ path: ['presence'], was: 'required' }]
    : []
}

/**
 * Judges evidence of one kind: one piece without a fault is enough. Whether there is any when none was looked for is an
 * error; what is there and did not verify counts as broken, not as absent.
 */
export function judgeEvidence(
  facts: PolicyFacts,
  kind: VerifiedEvidence['kind'],
  presence: Presence,
  findFault: (evidence: VerifiedEvidence) => string | undefined,
): RuleResult {
  if (!facts.evidence) return unanswered('evidence-unknown', `nobody looked for evidence of kind ${kind}`)
  const { verified, rejected } = facts.evidence
  const candidates = verified.filter((evidence) => evidence.kind === kind)
  const faults: string[] = []
  for (const evidence of candidates) {
    const fault = findFault(evidence)
    if (fault === undefined) return holds(`${kind} of ${nameSigner(evidence)}`)
    faults.push(`${kind} of ${nameSigner(evidence)}: ${fault}`)
  }
  const unverified = describeRejected(rejected, kind)
  if (candidates.length > 0)
    return broken(`${kind}-unfit`, `no ${kind} is as it must be`, { offenders: [...faults, ...unverified] })
  if (unverified.length > 0)
    return broken(`${kind}-rejected`, `there is no ${kind} that verifies`, { offenders: unverified })
  return presence === 'ifPresent'
    ? holds(`no ${kind}, which this rule lives with`)
    : broken(`${kind}-missing`, `there is no ${kind}`)
}

/** What was there and did not verify, of a kind or of one that can't be told. */
export function describeRejected(
  rejected: NonNullable<PolicyFacts['evidence']>['rejected'],
  kind: VerifiedEvidence['kind'],
): readonly string[] {
  return rejected
    .filter((entry) => entry.kind === undefined || entry.kind === kind)
    .map(({ code, message }) => `rejected: ${code}: ${message}`)
}

/** Who signed, for people. */
export function nameSigner({ signer }: VerifiedEvidence): string {
  return signer.kind === 'key' ? `key ${signer.keyId}` : `${signer.identity} (${signer.issuer})`
}
