import { createHash } from 'node:crypto'
import { isSallyportError } from '@sallyport/core'
import { parseInstant } from '@sallyport/policy'
import type { QuarantineEntry, QuarantineStore } from '../ports/quarantine-store.ts'
import { findObstacles } from '../quarantine/find-obstacles.ts'
import type { ReviewApproval } from './console-options.ts'
import { type ExpiryRange, expiryRange } from './expiry-range.ts'
import { type DecideView, maxReasonLength } from './pages/decide-forms.ts'
import type { Form } from './read-form.ts'

const defaultMaxLifetimeMs = 90 * 86_400_000

/** What became of a form. */
export type Decided =
  /** It is so now: by this form, or by the same one sent before. */
  | { readonly outcome: 'done'; readonly entry: QuarantineEntry; readonly isNew: boolean }
  /** Somebody was faster, or the entry is about something else by now. */
  | { readonly outcome: 'changed' }
  /** What was filled in will not do. */
  | { readonly outcome: 'invalid'; readonly problem: NonNullable<DecideView['problem']> }

/** What deciding needs. */
export interface DecideContext {
  readonly quarantine: QuarantineStore
  readonly approval: ReviewApproval | undefined
  readonly reviewer: string
  readonly now: Date
}

/** Fields of the form to approve, and of that to reject. */
export const approveFields: readonly string[] = ['form', 'seen', 'reason', 'expires', 'scope']
export const rejectFields: readonly string[] = ['form', 'seen', 'reason']

/** Stands for what somebody has seen: what was stopped and why, and what became of it. */
export const seenEntry = ({ record, status }: QuarantineEntry): string =>
  createHash('sha256')
    .update(JSON.stringify([record, status]))
    .digest('base64url')

/** Whether an entry can be approved, and until when at the latest; else why not. */
export type ApprovalTerms =
  | { readonly range: ExpiryRange; readonly maxLifetimeMs: number }
  | { readonly why: string; readonly obstacles?: readonly string[] }

/** Asks the policy about an entry. */
export async function approvalTerms(
  { record }: QuarantineEntry,
  approval: ReviewApproval | undefined,
  now: Date,
): Promise<ApprovalTerms> {
  if (!approval) return { why: 'This console approves nothing: it has no key and no policy.' }
  const obstacles = findObstacles(record.decision)
  if (obstacles.length > 0)
    return { why: 'A waiver does not help with this. Mend it, and promote it again:', obstacles }
  const terms = await approval.terms(record.tier)
  if (!terms) return { why: `The policy has no tier ${record.tier}.` }
  if (!terms.allowed) return { why: `Tier ${record.tier} allows no waivers.` }
  // Nothing is as good as forgetting how long is too long.
  const maxLifetimeMs = terms.maxLifetimeMs ?? approval.maxLifetimeMs ?? defaultMaxLifetimeMs
  return { range: expiryRange(now, maxLifetimeMs), maxLifetimeMs }
}

/** Approves by the rules of the quarantine, no longer than the tier allows. */
export async function approveEntry(
  entry: QuarantineEntry,
  form: Form,
  context: DecideContext,
): Promise<Decided> {
  const { quarantine, approval, reviewer, now } = context
  const { id } = entry.record
  const [reason, expires, scope] = [text(form, 'reason'), text(form, 'expires'), text(form, 'scope')]
  const isSame = ({ status }: QuarantineEntry) =>
    status.state === 'approved' &&
    status.approver === reviewer &&
    status.reason === reason &&
    status.scope === scope &&
    Date.parse(status.expires) === parseInstant(expires, 'end') &&
    now.getTime() < Date.parse(status.expires)
  if (isSame(entry)) return { outcome: 'done', entry, isNew: false }
  if (form.get('seen') !== seenEntry(entry)) return { outcome: 'changed' }
  const invalid = (problem: string): Decided => ({
    outcome: 'invalid',
    problem: { form: 'approve', text: problem, values: { reason, expires, scope } },
  })
  const allowed = await approvalTerms(entry, approval, now)
  if ('why' in allowed || !approval) return invalid('It can not be approved.')
  if (reason.length < 10) return invalid('Say in at least 10 characters why it may run.')
  if (reason.length > maxReasonLength) return invalid(`Say why in at most ${maxReasonLength} characters.`)
  if (scope !== 'digest' && scope !== 'repository') return invalid('Choose what it holds for.')
  const { signer } = approval
  const signing = typeof signer === 'function' ? await signer(reviewer) : signer
  return settle(
    quarantine,
    id,
    isSame,
    invalid,
    quarantine.approve(id, {
      approver: reviewer,
      reason,
      expires,
      scope,
      signer: signing,
      terms: { allowed: true, maxLifetimeMs: allowed.maxLifetimeMs },
    }),
  )
}

/** Rejects what is open, or takes back the approval that the reviewer has seen. */
export async function rejectEntry(
  entry: QuarantineEntry,
  form: Form,
  context: DecideContext,
): Promise<Decided> {
  const { quarantine, reviewer } = context
  const reason = text(form, 'reason')
  const { state } = entry.status
  const isSame = ({ status }: QuarantineEntry) =>
    status.state === 'rejected' && status.by === reviewer && status.reason === reason
  if (isSame(entry)) return { outcome: 'done', entry, isNew: false }
  if (form.get('seen') !== seenEntry(entry) || (state !== 'open' && state !== 'approved'))
    return { outcome: 'changed' }
  const invalid = (problem: string): Decided => ({
    outcome: 'invalid',
    problem: { form: 'reject', text: problem, values: { reason } },
  })
  if (reason === '') return invalid('Say why it stays out.')
  if (reason.length > maxReasonLength) return invalid(`Say why in at most ${maxReasonLength} characters.`)
  const { id } = entry.record
  return settle(
    quarantine,
    id,
    isSame,
    invalid,
    quarantine.reject(id, { by: reviewer, reason, ifState: state }),
  )
}

/** Waits for the store, and tells a refusal by its rules from a failure, which is thrown on. */
async function settle(
  quarantine: QuarantineStore,
  id: string,
  isSame: (entry: QuarantineEntry) => boolean,
  invalid: (problem: string) => Decided,
  change: Promise<QuarantineEntry>,
): Promise<Decided> {
  try {
    return { outcome: 'done', entry: await change, isNew: true }
  } catch (error) {
    const code = isSallyportError(error) ? error.code : undefined
    if (code === 'OPTIONS_INVALID' || code === 'NOT_WAIVABLE') return invalid((error as Error).message)
    if (code !== 'QUARANTINE_CONFLICT') throw error
    // The same form may have come twice at once.
    const entry = await quarantine.get(id)
    return entry && isSame(entry) ? { outcome: 'done', entry, isNew: false } : { outcome: 'changed' }
  }
}

/** A field in one line, as it gets into a waiver. */
const text = (form: Form, name: string): string => (form.get(name) ?? '').replaceAll(/\s+/g, ' ').trim()
