import { count, type Html, markup } from '@sallyport/policy/report'
import type { QuarantineEntry } from '../../ports/quarantine-store.ts'
import type { ExpiryRange } from '../expiry-range.ts'
import type { ShownState } from './describe-state.ts'
import { hiddenField, type PageSurroundings } from './console-page.ts'

/** Longest reason that is taken. */
export const maxReasonLength = 2000

/** What the forms of an entry need. */
export interface DecideView {
  /** Whether it can be approved, and until when; else why not. */
  readonly approval:
    | { readonly range: ExpiryRange }
    | { readonly why: string; readonly obstacles?: readonly string[] | undefined }
  /** Tells what the reviewer has seen from what is so by now. */
  readonly seen: string
  /** What was wrong with a form, which is shown again as it was filled in. */
  readonly problem?:
    | { readonly form: 'approve' | 'reject'; readonly text: string; readonly values: DecideValues }
    | undefined
}

/** Fields of the forms, as somebody filled them in. */
export interface DecideValues {
  readonly reason: string
  readonly expires?: string | undefined
  readonly scope?: string | undefined
}

/** The forms to approve and to reject, as far as the state of the entry has room for them. */
export function renderDecide(
  entry: QuarantineEntry,
  state: ShownState,
  view: DecideView,
  surroundings: PageSurroundings,
): Html {
  switch (state) {
    case 'open':
      return markup`${renderApprove(entry, view, surroundings)} ${renderReject(entry, view, surroundings)}`
    case 'approved':
      return markup`<p>The next promotion of this image passes while the approval lasts, where the gate knows the reviewers' key.</p>
        ${renderReject(entry, view, surroundings)}`
    case 'expired':
      return markup`<p>The approval lets nothing through any more. Promote it again: it is stopped anew, and can be approved anew.</p>
        ${renderReject(entry, view, surroundings)}`
    default:
      return markup`<p>Nothing is left to decide.</p>`
  }
}

const problemOf = (view: DecideView, form: 'approve' | 'reject') =>
  view.problem?.form === form ? view.problem : undefined

function renderApprove(
  { record }: QuarantineEntry,
  view: DecideView,
  { links, formToken }: PageSurroundings,
): Html {
  const { approval, seen } = view
  if ('why' in approval)
    return markup`<div class="panel">
      <h3>It can't be approved</h3>
      <p>${approval.why}</p>
      ${
        approval.obstacles &&
        markup`<ul>
          ${approval.obstacles.map((text) => markup`<li>${text}</li>`)}
        </ul>`
      }
    </div>`
  const problem = problemOf(view, 'approve')
  const { reason = '', expires = approval.range.suggested, scope = 'digest' } = problem?.values ?? {}
  const checked = (value: string) => value === scope && markup` checked`
  return markup`<form class="panel" method="post" action="${links.approve(record.id)}">
    <h3>Approve for a time</h3>
    ${renderProblem(problem?.text, 'approve-problem')} ${hiddenField('form', formToken)} ${hiddenField('seen', seen)}
    <p class="quiet">
      Signs a waiver for ${record.findings.length === 1 ? 'the finding' : `each of the ${count(record.findings.length, 'finding')}`} that
      stopped it, in your name. Anything worse stops it again.
    </p>
    <label for="approve-reason">Why may it run? <span class="quiet">at least 10 characters</span></label>
    <textarea
      id="approve-reason"
      name="reason"
      rows="3"
      required
      minlength="10"
      maxlength="${maxReasonLength}"
      ${problem && markup` aria-invalid="true" aria-describedby="approve-problem"`}
    >
${reason}</textarea
    >
    ${renderExpiry(approval.range, expires)}
    <fieldset>
      <legend>It holds for</legend>
      <label class="choice"><input type="radio" name="scope" value="digest"${checked('digest')} /> this image only</label>
      <label class="choice"
        ><input type="radio" name="scope" value="repository"${checked('repository')} /> these package versions in every image
        of the repository</label
      >
    </fieldset>
    <button type="submit" class="main">Approve</button>
  </form>`
}

function renderExpiry({ kind, first, last }: ExpiryRange, value: string): Html {
  if (kind === 'instant')
    return markup`<label for="approve-expires">Until <span class="quiet">at the latest ${last}</span></label>
      <input id="approve-expires" type="text" name="expires" value="${value}" required maxlength="40" autocomplete="off" />`
  return markup`<label for="approve-expires">Until the end of <span class="quiet">at the latest ${last}, UTC</span></label>
    <input id="approve-expires" type="date" name="expires" value="${value}" min="${first}" max="${last}" required />`
}

function renderReject(
  { record, status }: QuarantineEntry,
  view: DecideView,
  { links, formToken }: PageSurroundings,
): Html {
  const problem = problemOf(view, 'reject')
  const isApproved = status.state === 'approved'
  return markup`<form class="panel" method="post" action="${links.reject(record.id)}">
    <h3>${isApproved ? 'Take the approval back' : 'Reject'}</h3>
    ${renderProblem(problem?.text, 'reject-problem')} ${hiddenField('form', formToken)} ${hiddenField('seen', view.seen)}
    <label for="reject-reason">Why does it stay out?</label>
    <textarea
      id="reject-reason"
      name="reason"
      rows="2"
      required
      maxlength="${maxReasonLength}"
      ${problem && markup` aria-invalid="true" aria-describedby="reject-problem"`}
    >
${problem?.values.reason ?? ''}</textarea
    >
    <button type="submit" class="danger">${isApproved ? 'Take it back' : 'Reject'}</button>
  </form>`
}

const renderProblem = (text: string | undefined, id: string): Html | false =>
  text !== undefined && markup`<p class="problem" role="alert" id="${id}">${text}</p>`
