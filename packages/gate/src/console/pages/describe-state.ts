import { type Html, markup, time } from '@sallyport/policy/report'
import type { QuarantineState, QuarantineStatus } from '../../ports/quarantine-store.ts'

/** A state as people should take it: an approval that has run out lets nothing through. */
export type ShownState = QuarantineState | 'expired'

/** The state to show at a time; `expires` is that of an approval. */
export function shownState(state: QuarantineState, expires: string | undefined, now: Date): ShownState {
  if (state !== 'approved') return state
  // What has no end that can be read is not in force.
  return now.getTime() < Date.parse(expires ?? '') ? 'approved' : 'expired'
}

const labels: Readonly<Record<ShownState, string>> = {
  open: 'Open',
  approved: 'Approved',
  expired: 'Approval ran out',
  rejected: 'Rejected',
  superseded: 'Superseded',
}

export const stateBadge = (state: ShownState): Html =>
  markup`<span class="badge is-${state}">${labels[state]}</span>`

/** What became of an entry, with who, why and when. */
export function describeStatus(status: QuarantineStatus, now: Date): Html {
  switch (status.state) {
    case 'open':
      return markup`Nobody has decided about it. A new push of a repaired image is judged anew, and closes this entry by itself.`
    case 'approved':
      return markup`<strong>${status.approver}</strong> approved it at ${time(status.at)}
        ${shownState(status.state, status.expires, now) === 'expired' ? 'until' : 'and it passes until'}
        ${time(status.expires)}${shownState(status.state, status.expires, now) === 'expired' && ', which is over'}${status.scope === 'repository' && ', with these package versions in every image of the repository'}: ${status.reason}`
    case 'rejected':
      return markup`<strong>${status.by}</strong> rejected it at ${time(status.at)}: ${status.reason}`
    case 'superseded':
      return markup`A newer source, <code>${status.sourceDigest}</code>, was ${status.cause} at ${time(status.at)}. Look at that one.`
  }
}
