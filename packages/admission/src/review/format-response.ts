import { printable } from '@sallyport/oci/cloud'
import type { AdmissionReason, AdmissionVerdict } from '../decision.ts'
import type { DecidedImage, ReviewSubject } from './find-subject.ts'
import type { ReviewRequest } from './review-request.schema.ts'
import type { AdmissionReviewResponse } from './review-response.ts'

/** The API server cuts longer ones off, and drops what is above 4,096 characters together. */
const maxWarning = 256
const maxWarnings = 16
const maxReasons = 10
const maxAnnotation = 4_096

/** What to answer with. */
export interface AnsweredReview {
  readonly request: ReviewRequest
  readonly subject: ReviewSubject
  readonly decided: readonly DecidedImage[]
  readonly phase: 'mutate' | 'validate'
  /** Digest of the policy. */
  readonly policy: string
}

/** Whether all images may run. */
export function isAllowed({ subject, decided }: Pick<AnsweredReview, 'subject' | 'decided'>): boolean {
  if (subject.type === 'refused') return false
  return (
    subject.type !== 'images' || (decided.length > 0 && decided.every(({ decision }) => decision.admitted))
  )
}

/** Names of the exemptions that were used. */
export function exemptionsUsed({
  subject,
  decided,
}: Pick<AnsweredReview, 'subject' | 'decided'>): readonly string[] {
  if (subject.type === 'exempt') return [subject.exemption]
  return [...new Set(decided.flatMap(({ decision }) => decision.exemption ?? []))]
}

/** Writes the response of a review. */
export function formatResponse(review: AnsweredReview): AdmissionReviewResponse {
  const { request, decided, phase } = review
  const allowed = isAllowed(review)
  const patch = allowed && phase === 'mutate' ? patchOf(decided) : []
  const warnings = allowed ? warningsOf(decided) : []
  return {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: {
      uid: request.uid,
      allowed,
      ...(!allowed && { status: statusOf(review) }),
      ...(patch.length > 0 && {
        patchType: 'JSONPatch' as const,
        patch: Buffer.from(JSON.stringify(patch)).toString('base64'),
      }),
      ...(warnings.length > 0 && { warnings }),
      auditAnnotations: annotationsOf(review),
    },
  }
}

/** Replaces what is no digest yet by the digest that was verified; nothing else is touched. */
function patchOf(decided: readonly DecidedImage[]): readonly object[] {
  return decided.flatMap(({ image, decision: { pinned } }) =>
    pinned === undefined || image.reference.includes('@')
      ? []
      : [{ op: 'replace', path: image.pointer, value: pinned }],
  )
}

function warningsOf(decided: readonly DecidedImage[]): readonly string[] {
  const texts = decided.flatMap(({ decision }) =>
    decision.warnings.map((warning) => clip(`${decision.reference}: ${warning}`, maxWarning)),
  )
  return [...new Set(texts)].slice(0, maxWarnings)
}

function statusOf({
  subject,
  decided,
}: AnsweredReview): NonNullable<AdmissionReviewResponse['response']['status']> {
  if (subject.type === 'refused') return { code: 403, reason: 'Forbidden', message: describe(subject.reason) }
  const refused = decided.filter(({ decision }) => !decision.admitted)
  const lines = refused.flatMap(({ decision: { reference, reasons } }) =>
    reasons.map((reason) => `${clip(reference, 300)}: ${describe(reason)}`),
  )
  const distinct = [...new Set(lines)]
  const shown = distinct.slice(0, maxReasons)
  if (distinct.length > shown.length) shown.push(`and ${distinct.length - shown.length} more reasons`)
  // Asked again, what could not be judged may be judged.
  const isFault = refused.length > 0 && refused.every(({ decision: { verdict } }) => verdict === 'error')
  const isPassing =
    isFault && refused.every(({ decision }) => decision.reasons.every(({ code }) => code !== 'no-rule'))
  return {
    ...(isPassing ? { code: 503, reason: 'ServiceUnavailable' } : { code: 403, reason: 'Forbidden' }),
    message: shown.join('\n') || 'no verdict about its images',
  }
}

const describe = ({ rule, code, message, action }: AdmissionReason): string =>
  `${rule === undefined ? '' : `rule "${rule}": `}${code}: ${clip(message, 500)}; ${action}`

function annotationsOf(review: AnsweredReview): Readonly<Record<string, string>> {
  const { subject, decided, policy } = review
  const exemptions = exemptionsUsed(review)
  const images = decided.map(({ decision }) => ({
    image: decision.reference,
    verdict: decision.verdict,
    ground: decision.ground,
    ...(decision.digest !== undefined && { digest: decision.digest }),
    ...(decision.rules.length > 0 && { rules: decision.rules }),
    ...(decision.reasons.length > 0 && { reasons: [...new Set(decision.reasons.map(({ code }) => code))] }),
  }))
  return {
    outcome: outcomeOf(review),
    policy,
    ...(subject.type === 'skipped' && { skipped: subject.why }),
    ...(subject.type === 'refused' && { reason: subject.reason.code }),
    ...(exemptions.length > 0 && { exemption: clip(exemptions.join(', '), maxAnnotation) }),
    ...(images.length > 0 && { images: listOf(images) }),
  }
}

/** The worst of what was found; `exempt` and `skipped` where nothing was judged. */
function outcomeOf({ subject, decided }: AnsweredReview): AdmissionVerdict | 'skipped' | 'exempt' {
  if (subject.type === 'skipped') return 'skipped'
  if (subject.type === 'exempt') return 'exempt'
  if (subject.type === 'refused') return 'deny'
  const verdicts = decided.flatMap(({ decision }) => (decision.ground === 'exempt' ? [] : decision.verdict))
  if (verdicts.length === 0) return decided.length > 0 ? 'exempt' : 'error'
  return (['deny', 'error'] as const).find((each) => verdicts.includes(each)) ?? 'allow'
}

/** As many entries as there is room for, so that it stays JSON. */
function listOf(entries: readonly object[]): string {
  const shown: object[] = []
  let length = 2
  for (const entry of entries) {
    length += JSON.stringify(entry).length + 1
    if (length > maxAnnotation - 40) {
      shown.push({ omitted: entries.length - shown.length })
      break
    }
    shown.push(entry)
  }
  return JSON.stringify(shown)
}

const clip = (text: string, most: number): string => {
  const plain = printable(text, most)
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain
}
