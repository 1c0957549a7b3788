import * as z from 'zod'
import { AdmissionError } from '../errors.ts'

const kind = z.object({ group: z.string().max(253), version: z.string().max(63), kind: z.string().max(253) })

/** What is read of a request (`admission.k8s.io/v1`, AdmissionRequest); the API server adds fields at will. */
const reviewSchema = z.object({
  apiVersion: z.literal('admission.k8s.io/v1'),
  kind: z.literal('AdmissionReview'),
  request: z.object({
    uid: z.string().min(1).max(256),
    kind,
    subResource: z.string().max(253).nullish(),
    name: z.string().max(1_024).nullish(),
    namespace: z.string().max(253).nullish(),
    operation: z.enum(['CREATE', 'UPDATE', 'DELETE', 'CONNECT']),
    object: z.unknown().optional(),
    oldObject: z.unknown().optional(),
    dryRun: z.boolean().nullish(),
  }),
})

/** A request to admit an object. */
export interface ReviewRequest {
  readonly uid: string
  /** Of `object`, which may be handed over in another version than it was asked for. */
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string }
  readonly subResource: string
  readonly name: string
  /** Absent for what belongs to no namespace. */
  readonly namespace?: string | undefined
  readonly operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  readonly object: unknown
  readonly oldObject: unknown
  readonly dryRun: boolean
}

/**
 * Reads the request of a review.
 *
 * @throws {AdmissionError} `REVIEW_INVALID` (status 400).
 */
export function readReviewRequest(review: unknown): ReviewRequest {
  const parsed = reviewSchema.safeParse(review)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const where = issue?.path.join('.') ?? ''
    throw new AdmissionError(
      'REVIEW_INVALID',
      `expected an AdmissionReview of admission.k8s.io/v1 with a request; ${where}: ${issue?.message ?? 'malformed'}`,
      { status: 400 },
    )
  }
  const { subResource, name, namespace, dryRun, object, oldObject, ...request } = parsed.data.request
  return {
    ...request,
    object,
    oldObject,
    subResource: subResource ?? '',
    name: name ?? '',
    ...(namespace ? { namespace } : {}),
    dryRun: dryRun === true,
  }
}
