import type {
  CandidateProblemCode,
  ImageVerdict,
  MissedCandidate,
  RequirementResult,
} from '@sallyport/attest'
import { printable } from '@sallyport/oci/cloud'
import type { AdmissionReasonCode } from '../decision.ts'
import type { VerificationProblem, VerificationTerms } from '../ports/image-verifier.ts'
import { codeToProblem } from './to-problem.ts'

/** A problem, and whether it is one of the image or of judging it. */
type JudgedProblem = VerificationProblem & { readonly verdict: 'fail' | 'error' }

type Asked = 'decision' | 'signature' | 'sbom' | 'provenance'

/** Why a verdict is no pass, in the words of an admission; empty for a pass. */
export function explainVerdict(verdict: ImageVerdict, terms: VerificationTerms): readonly JudgedProblem[] {
  if (verdict.verdict === 'pass' && verdict.allow) return []
  const problems = verdict.requirements
    .filter(({ satisfied }) => !satisfied)
    .map((requirement) => explainRequirement(requirement, terms))
  if (verdict.verdict === 'error' && verdict.error) {
    const { code, message } = verdict.error
    return [
      ...(problems.length > 0 && code === 'condition-threw' ? problems : []),
      codeToProblem(code, message),
    ]
  }
  if (problems.length > 0) return problems
  return [
    {
      verdict: 'error',
      code: 'verification-failed',
      message: 'the verdict is no pass, and nothing says why',
    },
  ]
}

function explainRequirement(requirement: RequirementResult, terms: VerificationTerms): JudgedProblem {
  const asked = askedOf(requirement.kind)
  const parts = requirement.parts ?? []
  const candidates = [...requirement.candidates, ...parts.flatMap((part) => part.candidates)].filter(
    ({ code }) => code !== 'predicate-type-mismatch',
  )
  const subject = `${requirement.name} of ${requirement.subject}`
  const [nearest] = candidates.toSorted((one, other) => rank(one, terms) - rank(other, terms))
  if (nearest === undefined) {
    const code = asked === undefined ? 'verification-failed' : (`${asked}-missing` as const)
    return { verdict: 'fail', code, message: printable(`${subject}: ${requirement.message}`) }
  }
  return {
    verdict: nearest.code === 'condition-threw' ? 'error' : 'fail',
    code: codeOf(nearest, asked, terms),
    message: printable(`${subject}: ${nearest.message}`),
  }
}

function askedOf(kind: RequirementResult['kind']): Asked | undefined {
  if (kind === 'vsa' || kind === 'anyOf') return 'decision'
  return kind === 'signature' || kind === 'sbom' || kind === 'provenance' ? kind : undefined
}

const ofDecisions: Readonly<Partial<Record<CandidateProblemCode, AdmissionReasonCode>>> = {
  'result-failed': 'decision-failed',
  'resource-mismatch': 'decision-elsewhere',
  'level-missing': 'decision-other-tier',
  'too-old': 'decision-expired',
  'time-missing': 'decision-expired',
  'age-unknown': 'decision-expired',
}

function codeOf(
  candidate: MissedCandidate,
  asked: Asked | undefined,
  terms: VerificationTerms,
): AdmissionReasonCode {
  if (isRevoked(candidate, terms)) return 'key-revoked'
  if (candidate.code === 'signer-not-accepted') return 'signer-not-accepted'
  const known = asked === 'decision' ? ofDecisions[candidate.code] : undefined
  if (known !== undefined) return known
  return asked === undefined ? 'verification-failed' : `${asked}-invalid`
}

/** What says most comes first: a decision that fails on one point, then signatures that count for nobody, then junk. */
function rank(candidate: MissedCandidate, terms: VerificationTerms): number {
  if (isRevoked(candidate, terms)) return 0
  if (candidate.code in ofDecisions) return 1
  if (candidate.signer !== undefined) return 2
  return candidate.code === 'signer-not-accepted' ? 3 : 4
}

const isRevoked = ({ code, signer }: MissedCandidate, { revokedKeys }: VerificationTerms): boolean =>
  code === 'key-not-valid' && signer?.kind === 'key' && (revokedKeys?.includes(signer.keyId) ?? false)
