import type { EvidenceReport, VerifiedEvidence } from './evidence.ts'

/** What {@link requireEvidence} looks for. */
export interface EvidenceRequirement {
  /** Exact predicate type; a verified envelope of another type never satisfies it. */
  readonly predicateType: string
  /** Only by this key, as in `Signer.keyId`. Default: any key of the report. */
  readonly keyId?: string | undefined
}

/** The verified evidence of one predicate type, from any store; `undefined` when there is none. */
export function requireEvidence(
  { verified }: EvidenceReport,
  { predicateType, keyId }: EvidenceRequirement,
): readonly [VerifiedEvidence, ...VerifiedEvidence[]] | undefined {
  const [first, ...others] = verified.filter(
    ({ statement, signer }) =>
      statement.predicateType === predicateType &&
      (keyId === undefined || (signer.kind === 'key' && signer.keyId === keyId)),
  )
  return first === undefined ? undefined : [first, ...others]
}
