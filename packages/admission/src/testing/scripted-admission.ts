import type { Admission } from '../admission.ts'
import type { AdmissionDecision } from '../decision.ts'

type Scripted = Pick<Admission, 'decideReview' | 'warm' | 'stats'>

/** An admission whose answers a test chooses; what carries `good` in the name of its image is allowed by default. */
export function scriptedAdmission(script: Partial<Scripted> = {}): Scripted {
  return {
    async decideReview(review) {
      const { request } = review as {
        readonly request: {
          readonly uid: string
          readonly object: { readonly spec: { readonly containers: readonly { readonly image: string }[] } }
        }
      }
      const allowed = request.object.spec.containers.every(({ image }) => image.includes('good'))
      const status = { code: 403, reason: 'Forbidden', message: 'not promoted' }
      return {
        apiVersion: 'admission.k8s.io/v1',
        kind: 'AdmissionReview',
        response: { uid: request.uid, allowed, ...(allowed ? {} : { status }) },
      }
    },
    warm: async () => ({ verdict: 'allow' }) as AdmissionDecision,
    stats: () => ({
      reviews: { allowed: 1, refused: 2, exempt: 3 },
      verdicts: { allow: 4, deny: 5, error: 6 },
      reasons: { 'decision-missing': 7 },
      cache: { hits: 8, staleHits: 9, misses: 10, entries: 11, bytes: 12, evicted: 13 },
      verifications: { started: 14, inFlight: 15, waiting: 16, joined: 17 },
    }),
    ...script,
  }
}
