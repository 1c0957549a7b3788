import type { AdmissionEvent, AdmissionStats } from '../admission.ts'
import type { AdmissionReasonCode } from '../decision.ts'

/** Adds up events. */
export interface Tally {
  count(event: AdmissionEvent): void
  read(): Pick<AdmissionStats, 'reviews' | 'verdicts' | 'reasons'>
}

/** Makes it, with all figures at 0. */
export function createTally(): Tally {
  const reviews = { allowed: 0, refused: 0, exempt: 0 }
  const verdicts = { allow: 0, deny: 0, error: 0 }
  const reasons: Partial<Record<AdmissionReasonCode, number>> = {}
  return {
    count(event) {
      if (event.type === 'review-decided') {
        const { allowed, exemption } = event
        reviews[allowed ? (exemption === undefined ? 'allowed' : 'exempt') : 'refused']++
      } else if (event.type === 'image-decided') {
        verdicts[event.decision.verdict]++
        for (const code of new Set(event.decision.reasons.map((reason) => reason.code)))
          reasons[code] = (reasons[code] ?? 0) + 1
      }
    },
    read: () => ({ reviews: { ...reviews }, verdicts: { ...verdicts }, reasons: { ...reasons } }),
  }
}
