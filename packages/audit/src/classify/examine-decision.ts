import {
  checkVsa,
  decisionLevel,
  decisionResource,
  parsePredicate,
  predicateKinds,
  type VsaPredicate,
  type VsaProblemCode,
} from '@sallyport/attest'
import { type Digest, isDigest, isSallyportError } from '@sallyport/core'
import type { AuditedDecision } from '../audit-record.ts'
import { type EarlierDecision, readEarlierDetails } from '../judge/earlier-decision.ts'
import type { CompiledTerms } from './compile-terms.ts'
import type { Fault } from './fault.ts'
import type { ReadPiece, SubjectEvidence } from './read-subject.ts'

/** How far clocks may differ. */
const skewMs = 5 * 60_000
const maxInputs = 1000

/** A decision by a gate that counts, whether or not it counts here and now. */
export interface ExaminedDecision {
  readonly decision: AuditedDecision
  readonly earlier: EarlierDecision
}

/** What became of a decision; both when it is one of a gate that counts, but not for this image here and now. */
export interface DecisionExamination {
  readonly fault?: Fault | undefined
  readonly examined?: ExaminedDecision | undefined
}

/** Options of {@link examineDecision}. */
export interface ExamineDecisionOptions {
  readonly compiled: CompiledTerms
  /** `registry/repository`. */
  readonly place: string
  readonly now: Date
}

/** Judges a verified verification summary: whose it is, about which place and tier, how old, under which policy. */
export function examineDecision(
  piece: ReadPiece,
  about: SubjectEvidence,
  { compiled, place, now }: ExamineDecisionOptions,
): DecisionExamination {
  const { terms, level, verifiers } = compiled
  const { tier, present, presentPolicyOnly = true, decisionMaxAgeMs } = terms
  let predicate: VsaPredicate
  try {
    if (piece.statement === undefined) throw new TypeError('a decision without its statement')
    predicate = parsePredicate(piece.statement, predicateKinds.vsa)
  } catch (error) {
    if (!isSallyportError(error)) throw error
    return { fault: { class: 'unverifiable', code: 'predicate-invalid', message: error.message } }
  }
  const party = verifiers.get(predicate.verifier.id)
  const stranger =
    party === undefined
      ? {
          code: 'verifier-mismatch',
          message: `it is by ${quote(predicate.verifier.id)}, which is none of: ${[...verifiers.keys()].map(quote).join(', ')}`,
        }
      : party.isSignedBy(piece.evidence, now)
  if (stranger !== undefined) return { fault: { class: 'wrong-identity', ...stranger } }

  const { problems } = checkVsa(predicate, {
    verifierId: predicate.verifier.id,
    resourceUri: decisionResource(place),
    minimumLevels: [level],
    clockSkewMs: skewMs,
    now,
  })
  const examined = { decision: describe(predicate, piece, about), earlier: readEarlier(predicate) }
  const [worst] = problems
    .map(({ code, message }): Fault => ({ class: classOf(code), code, message }))
    .toSorted((one, other) => rank(one) - rank(other))
  if (worst !== undefined) {
    if (worst.class === 'unverifiable') return { fault: worst }
    return {
      examined,
      fault: isBrokenGlass(predicate, tier) ? brokenGlass(tier, worst) : explainPlace(worst, predicate),
    }
  }

  const oldest = piece.dates?.oldest
  if (decisionMaxAgeMs !== undefined) {
    if (oldest === undefined) {
      const message = 'nothing says when it was made, and a maximum age is required'
      return { examined, fault: { class: 'decision-stale', code: 'time-missing', message } }
    }
    if (now.getTime() - oldest.getTime() > decisionMaxAgeMs) {
      const message = `it is of ${oldest.toISOString()}, more than ${decisionMaxAgeMs} ms ago`
      return { examined, fault: { class: 'decision-stale', code: 'too-old', message } }
    }
  }
  if (present !== undefined && presentPolicyOnly && examined.earlier.policy !== present.policy.digest) {
    const message = `it is under another policy than the present ${quote(present.policy.source)}: ${quote(predicate.policy.uri)}`
    return { examined, fault: { class: 'decision-stale', code: 'policy-mismatch', message } }
  }
  return { examined }
}

function classOf(code: VsaProblemCode): Fault['class'] {
  switch (code) {
    case 'resource-mismatch':
    case 'level-missing':
      return 'decision-elsewhere'
    case 'result-failed':
      return 'no-decision'
    default:
      return 'unverifiable'
  }
}

/** What can't be read is no decision at all; one that failed is none wherever it is for. */
const rank = (fault: Fault): number => order.indexOf(fault.class)
const order: readonly Fault['class'][] = ['unverifiable', 'no-decision', 'decision-elsewhere']

function isBrokenGlass({ verifiedLevels }: VsaPredicate, tier: string): boolean {
  return verifiedLevels.includes(decisionLevel(tier, { breakGlass: true }))
}

const brokenGlass = (tier: string, { class: worst, code, message }: Fault): Fault =>
  worst === 'decision-elsewhere' && code === 'resource-mismatch'
    ? { class: worst, code, message: `${message}; and somebody broke the glass for it` }
    : {
        class: 'no-decision',
        code: 'break-glass',
        message: `somebody broke the glass to let it through, which is no decision of tier ${tier}`,
      }

function explainPlace(fault: Fault, { verifiedLevels }: VsaPredicate): Fault {
  if (fault.code !== 'level-missing') return fault
  const levels = verifiedLevels.slice(0, 5).map(quote).join(', ')
  return { ...fault, message: `it is for another tier: ${fault.message}, but ${levels || 'nothing'}` }
}

function readEarlier(predicate: VsaPredicate): EarlierDecision {
  const hex = predicate.policy.digest?.['sha256']
  return {
    ...readEarlierDetails(predicate),
    policy: hex === undefined ? undefined : `sha256:${hex}`,
    at: predicate.timeVerified === undefined ? undefined : Date.parse(predicate.timeVerified),
  }
}

function describe(predicate: VsaPredicate, { dates }: ReadPiece, about: SubjectEvidence): AuditedDecision {
  const { verifier, resourceUri, verifiedLevels, policy } = predicate
  const digest = `sha256:${policy.digest?.['sha256'] ?? ''}`
  const missing = findMissingInputs(predicate, about)
  return {
    verifier: verifier.id,
    resourceUri,
    levels: verifiedLevels,
    at: predicate.timeVerified ?? dates?.oldest.toISOString(),
    policyDigest: isDigest(digest) ? digest : undefined,
    ...(missing.length > 0 && { missingInputs: missing }),
  }
}

/**
 * Evidence that a decision relied on and that is not there any more. Nothing is said where not all was looked at. A bundle
 * that a decision relied on was whole, so that one which can't be read now is gone, too.
 */
function findMissingInputs(
  { inputAttestations = [] }: VsaPredicate,
  { pieces, rejected }: SubjectEvidence,
): readonly Digest[] {
  if (rejected.some(({ reason }) => reason === 'limit-exceeded')) return []
  const there = new Set<string | undefined>([
    ...pieces.map(({ evidence }) => evidence.blob),
    ...rejected.flatMap(({ blob, reason }) => (reason === 'bundle-invalid' ? [] : [blob])),
  ])
  const named = inputAttestations.slice(0, maxInputs).flatMap(({ digest }) => {
    const text = `sha256:${digest?.['sha256'] ?? ''}`
    return isDigest(text) ? [text] : []
  })
  return [...new Set(named)].filter((digest) => !there.has(digest))
}

const quote = (text: string): string => JSON.stringify(text.slice(0, 200))
