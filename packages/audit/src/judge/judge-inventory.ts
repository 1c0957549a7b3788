import type { Verdict } from '@sallyport/core'
import { applyStatements } from '@sallyport/gate/statements'
import { decide, type Decision, type DecisionReason } from '@sallyport/policy'
import type { PresentTerms } from '../audit-terms.ts'
import { askWithoutLayers, needsLayers } from './ask-rules.ts'
import { describeFacts, type KnownWithoutLayers } from './describe-facts.ts'

/** What the present policy says of an image without its layers. */
export interface SbomJudgement {
  readonly verdict: Verdict
  /** What stops it, or could not be judged; the rules of `unsettled` left out. */
  readonly reasons: readonly { readonly code: string; readonly message: string }[]
  /** Rules that only layers or the source could answer, and whose answer never changes. */
  readonly unsettled: readonly { readonly code: string; readonly message: string }[]
  /** Findings that count, by severity. */
  readonly findings: Readonly<Record<string, number>>
}

/** Options of {@link judgeInventory}. */
export interface JudgeInventoryOptions {
  readonly tier: string
  readonly present: Omit<PresentTerms, 'scanners'>
  readonly now: Date
}

/**
 * Judges an inventory of an SBOM that was scanned anew. What is set aside is so by today's statements and waivers alone.
 * Pure.
 */
export function judgeInventory(
  { digests, ...image }: KnownWithoutLayers,
  { tier, present, now }: JudgeInventoryOptions,
): SbomJudgement {
  const policy = askWithoutLayers(present.policy, tier)
  const { vex, ignore } = present
  const { scan } = applyStatements(image.scan, image.inventory, {
    vex,
    ignore,
    digests,
    repositories: [image.repository],
    now,
  })
  const known = { ...image, scan }
  const ask = (firstSeen: 'earliest' | 'latest') =>
    summarize(decide(describeFacts(known, firstSeen, now), policy, { tier, now, waivers: present.waivers }))
  const strict = ask('earliest')
  if (strict.verdict !== 'fail' || ask('latest').verdict === 'fail') return strict
  return {
    ...strict,
    verdict: 'error',
    reasons: [
      {
        code: 'first-seen-unknown',
        message: 'whether it fails depends on when its findings were first seen, which no evidence tells',
      },
      ...strict.reasons,
    ],
  }
}

function summarize({ reasons, findings }: Decision): SbomJudgement {
  const weighty = reasons.filter(({ effect }) => effect === 'fail' || effect === 'error')
  const [unsettled, others] = [
    weighty.filter(({ code }) => code === needsLayers),
    weighty.filter(({ code }) => code !== needsLayers),
  ]
  const counts: Record<string, number> = {}
  for (const { severity, waivedBy, suppressed } of findings) {
    if (waivedBy !== undefined || suppressed?.kind === 'vex' || suppressed?.kind === 'waiver') continue
    counts[severity] = (counts[severity] ?? 0) + 1
  }
  const fails = others.some(({ effect }) => effect === 'fail')
  return {
    // A rule that is broken stays broken, whatever another could not answer.
    verdict: fails ? 'fail' : others.length > 0 ? 'error' : 'pass',
    reasons: others.toSorted((one, other) => rank(one) - rank(other)).map(toReason),
    unsettled: unsettled.map(toReason),
    findings: counts,
  }
}

const rank = ({ effect }: DecisionReason): number => (effect === 'fail' ? 0 : 1)

const toReason = ({ code, message }: DecisionReason) => ({ code, message })

/** Joins judgements of one image by several SBOMs, or of an index by its platforms: the worst verdict, and all reasons. */
export function combineJudgements(judgements: readonly SbomJudgement[]): SbomJudgement {
  const verdicts = judgements.map(({ verdict }) => verdict)
  const verdict = verdicts.includes('fail')
    ? 'fail'
    : verdicts.includes('error') || verdicts.length === 0
      ? 'error'
      : 'pass'
  const findings: Record<string, number> = {}
  for (const judgement of judgements) {
    for (const [severity, count] of Object.entries(judgement.findings))
      findings[severity] = Math.max(findings[severity] ?? 0, count)
  }
  // Those that made the verdict first.
  const ordered = judgements.toSorted(
    (one, other) => Number(other.verdict === verdict) - Number(one.verdict === verdict),
  )
  return {
    verdict,
    reasons: distinct(ordered.flatMap(({ reasons }) => reasons)),
    unsettled: distinct(judgements.flatMap(({ unsettled }) => unsettled)),
    findings,
  }
}

function distinct(reasons: SbomJudgement['reasons']): SbomJudgement['reasons'] {
  return [...new Map(reasons.map((one) => [`${one.code} ${one.message}`, one])).values()]
}
