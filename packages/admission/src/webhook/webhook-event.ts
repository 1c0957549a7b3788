import type { AdmissionVerdict } from '../decision.ts'

/** What a review is about, for logs and metrics; untrusted text, cut short. */
export interface ReviewedObject {
  /** That of the request. */
  readonly uid: string
  /** `CREATE`, `UPDATE`, and so on. */
  readonly operation: string
  /** Kind of the object. */
  readonly kind: string
  /** Namespace; empty for objects without one. */
  readonly namespace: string
  /** Name; empty where the API server is to make one. */
  readonly name: string
  /** Whether nothing of it is to be stored. */
  readonly dryRun: boolean
}

/** What happens in a webhook. Events hold no secret, and nothing of a body but what names the object. */
export type WebhookEvent =
  | { readonly type: 'listening'; readonly port: number }
  | (ReviewedObject & {
      readonly type: 'review-answered'
      readonly path: string
      readonly allowed: boolean
      /** Status of the response; 200 when it is allowed. */
      readonly code: number
      /** Why it is refused. */
      readonly message?: string | undefined
      readonly durationMs: number
    })
  | {
      readonly type: 'request-refused'
      readonly path: string
      readonly status: number
      readonly message: string
      readonly remoteAddress?: string | undefined
    }
  | { readonly type: 'connection-failed'; readonly code: string; readonly remoteAddress?: string | undefined }
  | { readonly type: 'certificate-loaded'; readonly expiresAt: Date; readonly fingerprint: string }
  | { readonly type: 'certificate-refused'; readonly message: string }
  | { readonly type: 'image-warmed'; readonly reference: string; readonly verdict: AdmissionVerdict }
  | { readonly type: 'draining'; readonly inFlight: number }
  | { readonly type: 'closed'; readonly cut: number }
