import type { IncomingMessage } from 'node:http'
import { isJsonDeeperThan } from '@sallyport/core'
import { AdmissionError } from '../errors.ts'
import { type BodyRoom, readBody } from './read-body.ts'
import { reviewBudget } from './review-budget.ts'
import type { ReviewAnswer, ReviewJudge } from './review-judge.ts'

/** What a review is about, for logs and metrics; untrusted text, cut short. */
export interface ReviewSubject {
  readonly uid: string
  readonly operation: string
  readonly kind: string
  readonly namespace: string
  readonly name: string
  readonly dryRun: boolean
}

/** Options of {@link handleReview}. */
export interface HandleReviewOptions {
  readonly judge: ReviewJudge
  readonly mutate: boolean
  /** The `timeout` parameter of the request. */
  readonly timeout: string | undefined
  readonly defaultTimeoutMs: number
  readonly reserveMs: number
  readonly maxBodyBytes: number
  readonly bodyTimeoutMs: number
  readonly room: BodyRoom
  /** Ends when whoever asked has gone. */
  readonly gone: AbortSignal
}

/** A review with its answer. */
export interface HandledReview {
  readonly subject: ReviewSubject
  readonly answer: ReviewAnswer
  /** Whether the answer is the webhook's own, because the judge gave none that counts. */
  readonly own: { readonly type: 'timeout' } | { readonly type: 'failed'; readonly cause: Error } | undefined
}

/** Objects nest about ten levels deep; a parser must not be led much deeper. */
const maxDepth = 200

/**
 * Reads a review, has it judged within the budget, and gives an answer that repeats its uid. Whatever the judge does,
 * the answer is there in time, and says no unless the judge said yes.
 *
 * @throws {AdmissionError} `REVIEW_INVALID` or `REVIEW_TOO_LARGE` with an HTTP status, for what has no uid to answer to;
 *   the API server then does what its failurePolicy says.
 */
export async function handleReview(
  message: IncomingMessage,
  options: HandleReviewOptions,
): Promise<HandledReview> {
  const { judge, mutate, gone } = options
  const budget = reviewBudget(options)
  const startedAt = performance.now()
  const judging = new AbortController()
  const end = setTimeout(() => judging.abort(late(budget.judgeMs)), budget.judgeMs)
  const leave = (): void => judging.abort(new AdmissionError('REVIEW_INVALID', 'who asked has gone'))
  gone.addEventListener('abort', leave, { once: true })
  let last: NodeJS.Timeout | undefined
  try {
    const review = parseReview(
      await readBody(message, {
        maxBytes: options.maxBodyBytes,
        room: options.room,
        signal: AbortSignal.any([judging.signal, AbortSignal.timeout(options.bodyTimeoutMs)]),
      }),
    )
    const subject = describeReview(review)
    const outcome = await new Promise<unknown>((resolve) => {
      const remaining = budget.answerMs - (performance.now() - startedAt)
      last = setTimeout(() => resolve(late(budget.judgeMs)), remaining)
      // In an async function, so that a judge that throws at once is caught too.
      void (async () => judge.decideReview(review, { signal: judging.signal, mutate }))().then(
        resolve,
        (cause) => resolve(cause instanceof Error ? cause : new Error('the judge failed', { cause })),
      )
    })
    return toHandled(subject, outcome)
  } finally {
    clearTimeout(end)
    clearTimeout(last)
    gone.removeEventListener('abort', leave)
  }
}

type AdmissionReviewRequest = {
  readonly request: Readonly<Record<string, unknown>> & { readonly uid: string }
}

function parseReview(text: string): AdmissionReviewRequest {
  if (isJsonDeeperThan(text, maxDepth)) throw invalid(`the review is nested deeper than ${maxDepth} levels`)
  let review: unknown
  try {
    review = JSON.parse(text)
  } catch {
    throw invalid('the body of the review is not JSON')
  }
  const { apiVersion, kind, request } = (review ?? {}) as Readonly<Record<string, unknown>>
  if (apiVersion !== 'admission.k8s.io/v1' || kind !== 'AdmissionReview')
    throw invalid('expected an AdmissionReview of admission.k8s.io/v1')
  const uid = (request as { readonly uid?: unknown } | undefined | null)?.uid
  if (typeof uid !== 'string' || uid === '' || uid.length > 256)
    throw invalid('the review has no request.uid to answer to')
  return review as AdmissionReviewRequest
}

function describeReview({ request }: AdmissionReviewRequest): ReviewSubject {
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
function toHandled(subject: ReviewSubject, outcome: unknown): HandledReview {
  if (isAnswerTo(subject.uid, outcome)) return { subject, answer: outcome, own: undefined }
  const isLate = outcome instanceof AdmissionError && outcome.code === 'REVIEW_TIMEOUT'
  const message = isLate ? outcome.message : 'the review could not be judged; see the log of the webhook'
  const cause = outcome instanceof Error ? outcome : new Error('the judge gave no answer to this review')
  return {
    subject,
    answer: {
      apiVersion: 'admission.k8s.io/v1',
      kind: 'AdmissionReview',
      response: {
        uid: subject.uid,
        allowed: false,
        status: { code: isLate ? 504 : 500, message: `sallyport: ${message}` },
      },
    },
    own: isLate ? { type: 'timeout' } : { type: 'failed', cause },
  }
}

function isAnswerTo(uid: string, value: unknown): value is ReviewAnswer {
  const response = (value as Partial<ReviewAnswer> | undefined | null)?.response
  return response?.uid === uid && typeof response.allowed === 'boolean'
}

function late(ms: number): AdmissionError {
  const message = `no verdict within ${Math.round(ms)} ms; is the registry slow? Denied, since nothing is known`
  return new AdmissionError('REVIEW_TIMEOUT', message, { status: 504, retryable: true })
}

function invalid(message: string): AdmissionError {
  return new AdmissionError('REVIEW_INVALID', message, { status: 400 })
}
