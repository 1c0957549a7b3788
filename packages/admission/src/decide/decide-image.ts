import type { Digest } from '@sallyport/core'
import { isSallyportError } from '@sallyport/core'
import { OciError } from '@sallyport/oci'
import { printable } from '@sallyport/oci/cloud'
import type { ImageContext } from '../admission.ts'
import type { Moment } from '../cache/expiring-store.ts'
import type { AdmissionDecision, AdmissionReason, ReliedEvidence } from '../decision.ts'
import type { CompiledPolicy, CompiledRule } from '../policy/compiled-rule.ts'
import type { RevocationDesk, RevocationView } from '../revoke/revocation-view.ts'
import type { CredentialsOfPod, Finding, VerificationDesk } from '../verify/verification-desk.ts'
import { combineOutcomes, type RuleOutcome } from './combine-outcomes.ts'
import { type Deadline, DeadlineError } from './deadline.ts'
import { findExemption, isTrustedPlace, matchRule, mayMatch } from './match-rules.ts'
import { type ReadImage, pinImage, readImage } from './read-image.ts'
import { reasonOf } from './reasons.ts'

/** What deciding needs. */
export interface DecideImageParts {
  readonly policy: CompiledPolicy
  readonly desk: VerificationDesk
  readonly revocations: RevocationDesk
  readonly now: () => Moment
}

/** One question. */
export interface ImageQuestion extends Omit<ImageContext, 'credentials'> {
  readonly credentials: CredentialsOfPod
  readonly reference: string
  readonly deadline: Deadline
  /** Whether a tag stays a tag: nobody writes the digest into what is admitted. */
  readonly tagsStay: boolean
  /** Whether nobody knows yet where it is to run: all rules count that may be about it. Default `false`. */
  readonly isAnywhere?: boolean | undefined
  /** Whether what was refused before may be there by now. Default `false`. */
  readonly isAfterPush?: boolean | undefined
}

/** Decides on one image. Rejects only when the caller's own signal says so. */
export async function decideImage(
  parts: DecideImageParts,
  question: ImageQuestion,
): Promise<AdmissionDecision> {
  const { policy, now } = parts
  const { reference, namespace } = question
  const moment = now()
  const image = read(reference)
  const base = {
    // What stands before an "@" may be a password: of what is no reference only what its error shows is shown.
    reference: image instanceof OciError ? (image.reference ?? '') : printable(reference, 1_100),
    warnings: [],
    rules: [],
    evidence: [],
    checkedAt: new Date(moment.wall).toISOString(),
    cached: false,
  }
  const place = image instanceof OciError ? undefined : image.matched
  const exemption = findExemption(policy.exemptions, namespace, place)
  if (exemption) {
    const message = `exemption "${exemption.name}": ${exemption.reason}`
    return {
      ...base,
      verdict: 'error',
      admitted: true,
      ground: 'exempt',
      exemption: exemption.name,
      reasons: [reasonOf('exempt', message)],
    }
  }
  if (image instanceof OciError) {
    const reasons = [reasonOf('reference-invalid', printable(image.message))]
    return { ...base, verdict: 'deny', admitted: false, ground: 'refused', reasons }
  }
  const matched = policy.rules.flatMap((rule) => {
    const { namespaceLabels, objectLabels = {}, isAnywhere = false } = question
    if (isAnywhere) return mayMatch(rule, image.matched) ? [{ rule, isCertain: true }] : []
    const matches = matchRule(rule, { place: image.matched, namespace, namespaceLabels, objectLabels })
    return matches === false ? [] : [{ rule, isCertain: matches === true }]
  })
  if (matched.length === 0) {
    const admitted = policy.noMatch === 'allow'
    const where = namespace === undefined ? '' : ` in namespace ${namespace}`
    return {
      ...base,
      verdict: 'error',
      admitted,
      ground: admitted ? 'no-match-policy' : 'refused',
      reasons: [reasonOf('no-rule', `no rule of the policy is about ${image.place}${where}`)],
    }
  }
  const { outcomes, digest } = await judge(parts, question, image, matched)
  const combined = combineOutcomes(outcomes)
  const checked = outcomes.flatMap(({ finding }) => finding ?? [])
  const evidence: ReliedEvidence[] = outcomes.flatMap(({ rule, finding }) =>
    finding?.found.verdict === 'pass'
      ? finding.found.evidence.map((each) => ({ rule: rule.name, ...each }))
      : [],
  )
  const oldest = Math.min(moment.wall, ...checked.map(({ checkedAt }) => checkedAt.wall))
  const isPinned = digest !== undefined && combined.admitted && combined.isVerified
  return {
    ...base,
    verdict: combined.verdict,
    admitted: combined.admitted,
    ground: combined.ground,
    reasons: combined.reasons,
    digest,
    pinned: isPinned ? pinImage(image, digest) : undefined,
    warnings: [...new Set([...combined.warnings, ...checked.flatMap(({ found }) => found.warnings)])],
    rules: matched.map(({ rule }) => rule.name),
    evidence,
    checkedAt: new Date(oldest).toISOString(),
    cached: checked.length > 0 && checked.every(({ cached }) => cached),
  }
}

interface MatchedRule {
  readonly rule: CompiledRule
  readonly isCertain: boolean
}

/** How an image fares by each rule, and the digest that they are about. */
async function judge(
  parts: DecideImageParts,
  question: ImageQuestion,
  image: ReadImage,
  matched: readonly MatchedRule[],
): Promise<{ readonly outcomes: readonly RuleOutcome[]; readonly digest?: Digest | undefined }> {
  const early = matched.map(({ rule, isCertain }) => judgeUnseen(rule, isCertain, image))
  // A registry that no rule trusts is not even asked.
  if (early.every((outcome) => outcome !== undefined)) return { outcomes: early, digest: image.digest }
  const all = (outcome: (rule: CompiledRule) => RuleOutcome): readonly RuleOutcome[] =>
    matched.map(({ rule }, at) => early[at] ?? outcome(rule))
  const { deadline, credentials, isAfterPush = false } = question
  const view = () => attempt(deadline.wait(parts.revocations.view(parts.now())))
  const unreadable = (rule: CompiledRule, { reason, message }: Missing) =>
    errorOutcome(rule, reason ?? reasonOf('revocation-unreadable', message))
  let revoked = await view()
  if ('reason' in revoked) {
    const missing = revoked
    return { outcomes: all((rule) => unreadable(rule, missing)) }
  }
  const digest = await resolve(parts, question, image)
  if (typeof digest !== 'string') return { outcomes: all((rule) => ({ rule, ...digest })) }
  const pinned = { registry: image.registry, repository: image.repository, digest }
  const isTag = image.digest === undefined
  for (;;) {
    const { value } = revoked
    const outcomes = await Promise.all(
      matched.map(async ({ rule }, at): Promise<RuleOutcome> => {
        const known = early[at] ?? withdrawn(rule, value, [digest])
        if (known) return known
        const finding = await attempt(
          deadline.wait(parts.desk.judge(pinned, { rule, revoked: value, credentials, isAfterPush })),
        )
        if ('reason' in finding)
          return errorOutcome(rule, finding.reason ?? reasonOf('verification-failed', finding.message))
        const outcome = toOutcome(rule, finding.value)
        return isTag && question.tagsStay && parts.policy.tags === 'pin' ? refuseTag(outcome, image) : outcome
      }),
    )
    // Verifying takes its time, and what was revoked meanwhile is revoked.
    const latest = await view()
    if ('reason' in latest)
      return {
        // A refusal stays one: that the list can't be read is no better.
        outcomes: outcomes.map((outcome) =>
          outcome.verdict === 'deny' ? outcome : unreadable(outcome.rule, latest),
        ),
        digest,
      }
    if (latest.value.keysVersion === value.keysVersion)
      return {
        outcomes: outcomes.map(
          (outcome, at) =>
            early[at] ??
            withdrawn(outcome.rule, latest.value, [digest, ...(outcome.finding?.found.digests ?? [])]) ??
            outcome,
        ),
        digest,
      }
    revoked = latest
  }
}

function toOutcome(rule: CompiledRule, finding: Finding): RuleOutcome {
  const { verdict, problems } = finding.found
  if (verdict === 'pass') return { rule, verdict: 'allow', reasons: [], finding }
  const reasons = problems.map(({ code, message }) => reasonOf(code, message))
  return { rule, verdict: verdict === 'fail' ? 'deny' : 'error', reasons, finding }
}

/** A tag that nobody will replace by a digest any more is no pass. */
function refuseTag(outcome: RuleOutcome, { place, tag }: ReadImage): RuleOutcome {
  if (outcome.verdict !== 'allow') return outcome
  const message = `${place}:${tag} is a tag, and what it leads to may change before it is pulled`
  return { ...outcome, verdict: 'deny', reasons: [reasonOf('tag-not-pinned', message)] }
}

/** What is revoked is refused, whatever was found of it. */
function withdrawn(
  rule: CompiledRule,
  revoked: RevocationView,
  digests: readonly string[],
): RuleOutcome | undefined {
  const found = revoked.findDigest(digests)
  if (!found) return undefined
  const message = `${found.digest} is revoked: ${printable(found.reason)}`
  return { rule, verdict: 'deny', reasons: [reasonOf('digest-revoked', message)] }
}

/** What can be said without a look at the registry. */
function judgeUnseen(rule: CompiledRule, isCertain: boolean, image: ReadImage): RuleOutcome | undefined {
  if (!isCertain) {
    const message = 'it depends on labels of the namespace whether the rule is about this image'
    return errorOutcome(rule, reasonOf('namespace-labels-unknown', message))
  }
  if (rule.registries === undefined || isTrustedPlace(rule.registries, image.matched)) return undefined
  const message = `${image.place} is in none of: ${rule.registries.slice(0, 5).join(', ')}`
  return { rule, verdict: 'deny', reasons: [reasonOf('registry-not-trusted', message)] }
}

async function resolve(
  { desk }: DecideImageParts,
  { deadline, credentials, isAfterPush = false }: ImageQuestion,
  { registry, repository, tag = 'latest', digest }: ReadImage,
): Promise<Digest | Omit<RuleOutcome, 'rule'>> {
  if (digest !== undefined) return digest
  const resolution = await attempt(
    deadline.wait(desk.resolve({ registry, repository, tag }, { credentials, isAfterPush })),
  )
  if ('reason' in resolution) {
    return {
      verdict: 'error',
      reasons: [resolution.reason ?? reasonOf('verification-failed', resolution.message)],
    }
  }
  const { value } = resolution
  if (value.digest !== undefined) return value.digest
  const { verdict, code, message } = value.problem
  return { verdict: verdict === 'fail' ? 'deny' : 'error', reasons: [reasonOf(code, message)] }
}

const errorOutcome = (rule: CompiledRule, reason: AdmissionReason): RuleOutcome => ({
  rule,
  verdict: 'error',
  reasons: [reason],
})

/** Why there is no value. */
interface Missing {
  readonly reason: AdmissionReason | undefined
  readonly message: string
}

/** A value, or why there is none; the caller's own wish to stop passes through. */
async function attempt<T>(promise: Promise<T>): Promise<{ readonly value: T } | Missing> {
  try {
    return { value: await promise }
  } catch (error) {
    if (error instanceof DeadlineError) {
      if (error.isCallers) throw error.cause
      return { reason: reasonOf('budget-exceeded', error.message), message: error.message }
    }
    const message = printable(error instanceof Error ? error.message : String(error))
    return { reason: undefined, message: isSallyportError(error) ? `${error.code}: ${message}` : message }
  }
}

function read(reference: string): ReadImage | OciError {
  try {
    return readImage(reference)
  } catch (error) {
    if (error instanceof OciError) return error
    throw error
  }
}
