import type { IncomingMessage } from 'node:http'
import type { Admission, DecideReviewOptions } from '../admission.ts'
import { AdmissionError } from '../errors.ts'
import { parseReview } from '../review/parse-review.ts'
import type { AdmissionReviewResponse } from '../review/review-response.ts'
import { type BodyRoom, readBody } from './read-body.ts'
import { reviewBudget } from './review-budget.ts'
import type { ReviewedObject } from './webhook-event.ts'

/** Options of {@link handleReview}. */
export interface HandleReviewOptions {
  readonly admission: Pick<Admission, 'decideReview'>
  readonly phase: DecideReviewOptions['phase']
  /** The `timeout` parameter of the request. */
  readonly timeout: string | undefined
  readonly defaultTimeoutMs: number
  readonly reserveMs: number
  readonly latenessMs: number
  readonly maxBodyBytes: number
  readonly bodyTimeoutMs: number
  readonly room: BodyRoom
}

/** A review with its answer. */
export interface HandledReview {
  readonly subject: ReviewedObject
  readonly answer: AdmissionReviewResponse
  /** Whether the answer is the webhook's own, because there was none that counts. */
  readonly own: { readonly type: 'timeout' } | { readonly type: 'failed'; readonly cause: Error } | undefined
}

/**
 * Reads a review, has it judged within the budget, and gives an answer that repeats its uid. Whatever happens
 * meanwhile, the answer is there in time, and says no unless `admission` said yes.
 *
 * @throws {AdmissionError} `REVIEW_INVALID` or `REVIEW_TOO_LARGE` with an HTTP status, for what has no uid to answer to;
 *   the API server then does what its failurePolicy says.
 */
export async function handleReview(
  message: IncomingMessage,
  options: HandleReviewOptions,
): Promise<HandledReview> {
  const { admission, phase } = options
  const budget = reviewBudget(options)
  const startedAt = performance.now()
  const left = (ms: number): number => ms - (performance.now() - startedAt)
  const { maxBodyBytes: maxBytes, room } = options
  const timeoutMs = Math.ceil(Math.min(options.bodyTimeoutMs, budget.judgeMs))
  const review = readReview(await readBody(message, { maxBytes, room, timeoutMs }), maxBytes)
  const subject = describeReview(review)
  const judging = new AbortController()
  let timer: NodeJS.Timeout | undefined
  try {
    const outcome = await new Promise<unknown>((resolve) => {
      const end = (): void => {
        const error = late(budget.judgeMs)
        resolve(error)
        // What is still under way after the answer is due is of no use to anybody.
        judging.abort(error)
      }
      timer = setTimeout(end, left(budget.answerMs))
      const call = { phase, budgetMs: Math.max(1, left(budget.judgeMs)), signal: judging.signal }
      // In an async function, so that a call that throws at once is caught too.
      void (async () => admission.decideReview(review, call))().then(resolve, (cause: unknown) =>
        resolve(cause instanceof Error ? cause : new Error('judging failed', { cause })),
      )
    })
    return toHandled(subject, outcome)
  } finally {
    clearTimeout(timer)
  }
}

type AdmissionReviewRequest = {
  readonly request: Readonly<Record<string, unknown>> & { readonly uid: string }
}

/** So much that there is a uid to answer to; the rest is for the admission to read. */
function readReview(body: Uint8Array, maxBytes: number): AdmissionReviewRequest {
  const review = parseReview(body, { maxBytes })
  const { apiVersion, kind, request } = (review ?? {}) as Readonly<Record<string, unknown>>
  if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview')
    throw invalid('expected an AdmissionReview of admission.k8s.io/v1')
  const uid = (request as { readonly uid?: unknown } | undefined | null)?.uid
  if (typeof uid !== 'string' || uid === '' || uid.length > 256)
    throw invalid('the review has no request.uid to answer to')
  return review as AdmissionReviewRequest
}

function describeReview({ request }: AdmissionReviewRequest): ReviewedObject {
  const kind = (request['kind'] ?? {}) as Readonly<Record<string, unknown>>
  return {
    uid: request.uid,
    operation: short(request['operation']),
    kind: short(kind['kind']),
    namespace: short(request['namespace']),
    name: short(request['name']),
    dryRun: request['dryRun'] === true,
  }
}

/** Names in Kubernetes have at most 253 characters; control characters would forge lines of a log. */
function short(value: unknown): string {
  // oxlint-disable-next-line no-control-regex
  return typeof value === 'string' ? value.slice(0, 253).replaceAll(/[\u0000-\u001f\u007f]/g, '?') : ''
}

/** An answer counts when it is one: it repeats the uid, and says yes or no. */
function toHandled(subject: ReviewedObject, outcome: unknown): HandledReview {
  if (isAnswerTo(subject.uid, outcome)) return { subject, answer: outcome, own: undefined }
  const isLate = outcome instanceof AdmissionError && outcome.code === 'REVIEW_TIMEOUT'
  const message = isLate ? outcome.message : 'the review could not be judged; see the log of the webhook'
  const cause = outcome instanceof Error ? outcome : new Error('this review got no answer')
  return {
    subject,
    answer: {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: {
        uid: subject.uid,
        allowed: false,
        status: {
          code: isLate ? 503 : 500,
          reason: isLate ? 'ServiceUnavailable' : 'InternalError',
          message: `sallyport: ${message}`,
        },
      },
    },
    own: isLate ? { type: 'timeout' } : { type: 'failed', cause },
  }
}

function isAnswerTo(uid: string, value: unknown): value is AdmissionReviewResponse {
  const response = (value as Partial<AdmissionReviewResponse> | undefined | null)?.response
  return response?.uid === uid && typeof response.allowed === 'boolean'
}

function late(ms: number): AdmissionError {
  const message = `no verdict within ${Math.round(ms)} ms; is the registry slow? Denied, since nothing is known`
  return new AdmissionError('REVIEW_TIMEOUT', message, { status: 503, retryable: true })
}

function invalid(message: string): AdmissionError {
  return new AdmissionError('REVIEW_INVALID', message, { status: 400 })
}
