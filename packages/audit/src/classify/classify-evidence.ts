import type { Digest, Platform } from '@sallyport/core'
import { formatPlatform } from '@sallyport/core'
import { auditClasses } from '../audit-class.ts'
import type { AuditedEvidence, AuditProblem, PresentJudgement } from '../audit-record.ts'
import type { SbomJudgement } from '../judge/judge-inventory.ts'
import type { Classification } from '../ports/image-classifier.ts'
import type { CompiledTerms } from './compile-terms.ts'
import { isLegacyStore } from './evidence-kind.ts'
import type { ExaminedDecision } from './examine-decision.ts'
import type { ExaminedEvidence, ExaminedPiece } from './examine-evidence.ts'
import { explainMissing, type NeededKind } from './explain-missing.ts'
import type { Fault } from './fault.ts'

/** What is known of an image when it is classified. */
export interface ClassifiedEvidence {
  /** About the image or index itself. */
  readonly own: ExaminedEvidence
  /** About the index that lists it; absent when it was not needed, or there is none. */
  readonly via?: ExaminedEvidence | undefined
  /** Of an index: what it lists and can run, with the evidence about each. */
  readonly platforms?: readonly ExaminedPlatform[] | undefined
  /** By the present policy; absent when nothing was judged. */
  readonly judgement?: SbomJudgement | undefined
}

/** A runnable image that an index lists. */
export interface ExaminedPlatform {
  readonly digest: Digest
  readonly platform?: Platform | undefined
  readonly evidence: ExaminedEvidence
}

const maxEvidence = 200
const maxReasons = 20

/** The evidence about an image and about the index that lists it, which counts here too. */
const sharedEvidence = ({
  own,
  via,
}: Pick<ClassifiedEvidence, 'own' | 'via'>): readonly ExaminedEvidence[] =>
  via === undefined ? [own] : [own, via]

/** The decision that counts here and now; `undefined` without one. */
export function findDecision(
  evidence: Pick<ClassifiedEvidence, 'own' | 'via'>,
): ExaminedDecision | undefined {
  return countingPieces(sharedEvidence(evidence), 'decision')
    .flatMap(({ decision }) => decision ?? [])
    .toSorted((one, other) => (other.earlier.at ?? 0) - (one.earlier.at ?? 0))[0]
}

/** Kinds that the terms need and that nothing about the image or its index satisfies; SBOMs are looked at apart. */
function findMissingKinds(
  evidence: Pick<ClassifiedEvidence, 'own' | 'via'>,
  { terms }: CompiledTerms,
): readonly NeededKind[] {
  const needed: readonly NeededKind[] = [
    'signature',
    ...(terms.decision === false ? [] : (['decision'] as const)),
    ...(terms.provenance === false ? [] : (['provenance'] as const)),
  ]
  return needed.filter((kind) => countingPieces(sharedEvidence(evidence), kind).length === 0)
}

/** Whether evidence about the image alone leaves nothing that evidence about its index could mend. */
export function isEnough(own: ExaminedEvidence, compiled: CompiledTerms): boolean {
  return findMissingKinds({ own }, compiled).length === 0 && findOldKinds([own], compiled).length === 0
}

/**
 * Classifies by evidence that was examined piece by piece: each kind that the terms need, the judgement by the present
 * policy, and where it all is. Pure; the class is the worst of the problems.
 */
export function classifyEvidence(evidence: ClassifiedEvidence, compiled: CompiledTerms): Classification {
  const { own, platforms, judgement } = evidence
  const { terms } = compiled
  const shared = sharedEvidence(evidence)
  const missing = findMissingKinds(evidence, compiled).map((kind) =>
    explainMissing(
      kind,
      faultsOf(shared, kind),
      shared.flatMap(({ rejected }) => rejected),
    ),
  )
  const decision = findDecision(evidence)
  const problems: AuditProblem[] = [
    ...missing,
    ...(terms.sbom === false ? [] : findSbomProblems(own, platforms)),
    ...findJudgementProblems(judgement, decision, evidence, compiled),
  ]
  if (problems.length === 0) problems.push(...findLegacyProblems(evidence, compiled))
  const ordered = problems.toSorted((one, other) => rank(one) - rank(other))
  const speaking = decision ?? nearestDecision(shared)
  return {
    class: ordered[0]?.class ?? 'compliant',
    problems: ordered,
    evidence: listEvidence(evidence),
    ...(speaking && { decision: speaking.decision }),
    ...(judgement && { judgement: toPresentJudgement(judgement, isSettled(decision, compiled)) }),
    evidenceManifests: manifestsOf(own),
  }
}

/** A classification of what could not be judged. */
export function unjudged(code: string, message: string): Classification {
  return {
    class: 'error',
    problems: [{ class: 'error', code, message }],
    evidence: [],
    evidenceManifests: [],
  }
}

const rank = (problem: AuditProblem): number => auditClasses.indexOf(problem.class)

const piecesOf = (all: readonly ExaminedEvidence[], kind: NeededKind): readonly ExaminedPiece[] =>
  all.flatMap(({ pieces }) => pieces.filter(({ piece }) => piece.kind === kind))

const countingPieces = (all: readonly ExaminedEvidence[], kind: NeededKind): readonly ExaminedPiece[] =>
  piecesOf(all, kind).filter(({ fault }) => fault === undefined)

const faultsOf = (all: readonly ExaminedEvidence[], kind: NeededKind): readonly Fault[] =>
  piecesOf(all, kind).flatMap(({ fault }) => fault ?? [])

/** Of decisions that do not count here, the one of the nearest place, the newest first. */
function nearestDecision(all: readonly ExaminedEvidence[]): ExaminedDecision | undefined {
  const classes: readonly (Fault['class'] | undefined)[] = [
    'decision-stale',
    'decision-elsewhere',
    'no-decision',
  ]
  return piecesOf(all, 'decision')
    .flatMap(({ decision, fault }) => (decision ? [{ decision, near: classes.indexOf(fault?.class) }] : []))
    .toSorted(
      (one, other) =>
        one.near - other.near || (other.decision.earlier.at ?? 0) - (one.decision.earlier.at ?? 0),
    )[0]?.decision
}

/** An SBOM has to be about the image itself; that of an index is one about each image that it lists. */
function findSbomProblems(
  own: ExaminedEvidence,
  platforms: readonly ExaminedPlatform[] | undefined,
): readonly AuditProblem[] {
  const problemOf = (evidence: ExaminedEvidence): AuditProblem | undefined =>
    countingPieces([evidence], 'sbom').length > 0
      ? undefined
      : explainMissing('sbom', faultsOf([evidence], 'sbom'), evidence.rejected)
  if (platforms === undefined) return [problemOf(own) ?? []].flat()
  const grouped = new Map<string, { readonly problem: AuditProblem; readonly names: string[] }>()
  for (const { digest, platform, evidence } of platforms) {
    const problem = problemOf(evidence)
    if (problem === undefined) continue
    const key = `${problem.class} ${problem.code ?? ''}`
    const group = grouped.get(key) ?? { problem, names: [] }
    grouped.set(key, group)
    group.names.push(platform === undefined ? digest : formatPlatform(platform))
  }
  return [...grouped.values()].map(({ problem, names }) => ({
    ...problem,
    message: `${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}: ${problem.message}`,
  }))
}

/** Rules about what never changes are settled by a decision that counts, under the same policy. */
function isSettled(decision: ExaminedDecision | undefined, { terms }: CompiledTerms): boolean {
  return decision !== undefined && decision.earlier.policy === terms.present?.policy.digest
}

function findJudgementProblems(
  judgement: SbomJudgement | undefined,
  decision: ExaminedDecision | undefined,
  { own, platforms }: ClassifiedEvidence,
  compiled: CompiledTerms,
): readonly AuditProblem[] {
  const { terms } = compiled
  if (terms.present === undefined) return []
  if (judgement === undefined) {
    // Without an SBOM that counts there is nothing to judge; where one is needed, that is the problem.
    const isToldAlready = terms.sbom !== false && findSbomProblems(own, platforms).length > 0
    if (isToldAlready) return []
    return [
      { class: 'error', code: 'not-judged', message: 'no SBOM tells what the present policy would judge' },
    ]
  }
  const { verdict, reasons, unsettled } = judgement
  const [first] = reasons
  if (verdict === 'fail')
    return [
      {
        class: 'would-fail-today',
        code: first?.code,
        message: first?.message ?? 'the present policy stops it',
      },
    ]
  if (verdict === 'error')
    return [{ class: 'error', code: first?.code, message: first?.message ?? 'it could not be judged' }]
  const [rule] = unsettled
  if (rule === undefined || isSettled(decision, compiled)) return []
  // Where a decision is needed and none counts, that is the problem, and a new one settles these rules too.
  if (terms.decision !== false && decision === undefined) return []
  return [{ class: 'error', code: rule.code, message: rule.message }]
}

/** What only cosign's old tags hold of an image that has no other problem. */
function findLegacyProblems(evidence: ClassifiedEvidence, compiled: CompiledTerms): readonly AuditProblem[] {
  const images = evidence.platforms?.map((one) => one.evidence) ?? [evidence.own]
  const old: readonly NeededKind[] = [
    ...findOldKinds(sharedEvidence(evidence), compiled),
    ...(compiled.terms.sbom !== false && images.some((one) => isOld([one], 'sbom')) ? ['sbom' as const] : []),
  ]
  if (old.length === 0) return []
  return [{ class: 'legacy-only', message: `only cosign's old tags hold: ${old.join(', ')}` }]
}

/** Needed kinds besides SBOMs that only old tags hold. */
function findOldKinds(all: readonly ExaminedEvidence[], { terms }: CompiledTerms): readonly NeededKind[] {
  const needed = (['signature', 'decision', 'provenance'] as const).filter(
    (kind) => kind === 'signature' || terms[kind] !== false,
  )
  return needed.filter((kind) => isOld(all, kind))
}

function isOld(all: readonly ExaminedEvidence[], kind: NeededKind): boolean {
  const counting = countingPieces(all, kind)
  return counting.length > 0 && counting.every(({ piece }) => isLegacyStore(piece.evidence.store))
}

function toPresentJudgement(
  { verdict, reasons, unsettled, findings }: SbomJudgement,
  settled: boolean,
): PresentJudgement {
  const open = settled ? [] : unsettled
  return {
    verdict: verdict === 'pass' && open.length > 0 ? 'error' : verdict,
    reasons: [...reasons, ...open].slice(0, maxReasons),
    findings,
  }
}

/** What counts first, then what does not, then what was rejected; of the index above only what counts. */
function listEvidence({ own, via, platforms }: ClassifiedEvidence): readonly AuditedEvidence[] {
  // SBOMs beside an index are about what it lists, and are not asked for.
  const isAsked = (kind: AuditedEvidence['kind']): boolean => platforms === undefined || kind !== 'sbom'
  const verified = [
    ...own.pieces,
    ...(via?.pieces ?? []).filter(({ piece, fault }) => fault === undefined && piece.kind !== 'sbom'),
  ].map(({ piece, fault }): AuditedEvidence => ({
    kind: piece.kind,
    predicateType: piece.predicateType,
    store: piece.evidence.store,
    manifest: piece.evidence.manifest,
    verified: true,
    signer: piece.evidence.signer,
    signedAt: piece.dates?.oldest.toISOString(),
    reason: isAsked(piece.kind) ? fault?.message : undefined,
  }))
  const rejected = own.rejected.map(({ store, manifest, message }): AuditedEvidence => ({
    kind: store === 'legacy-signature' || store === 'artifact-signature' ? 'signature' : 'other',
    store,
    manifest,
    verified: false,
    reason: message,
  }))
  return [
    ...verified.filter(({ reason }) => reason === undefined),
    ...verified.filter(({ reason }) => reason !== undefined),
    ...rejected,
  ].slice(0, maxEvidence)
}

/** A list that could not be read is reported under the subject's own digest, which is no evidence. */
function manifestsOf({ subject, pieces, rejected }: ExaminedEvidence): readonly Digest[] {
  const manifests = [
    ...pieces.map(({ piece }) => piece.evidence.manifest),
    ...rejected.map(({ manifest }) => manifest),
  ]
  return [...new Set(manifests)].filter((digest) => digest !== subject)
}
