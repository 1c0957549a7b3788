import { parseStrictJson, StrictJsonError } from '@sallyport/core'
import { AdmissionError } from '../errors.ts'

/** Options of {@link parseReview}. */
export interface ParseReviewOptions {
  /** Largest body, in bytes. Default 8 MiB: objects have at most 1.5 MiB in the cluster's store, and a review has two. */
  readonly maxBytes?: number | undefined
}

/**
 * Parses the body of a review: JSON that two parsers can't read differently, so no key twice in an object.
 *
 * @throws {AdmissionError} `REVIEW_TOO_LARGE` (status 413), `REVIEW_INVALID` (status 400).
 */
export function parseReview(
  body: Uint8Array,
  { maxBytes = 8 * 1024 * 1024 }: ParseReviewOptions = {},
): unknown {
  if (body.byteLength > maxBytes)
    throw new AdmissionError('REVIEW_TOO_LARGE', `a review has at most ${maxBytes} bytes`, { status: 413 })
  try {
    return parseStrictJson(body, { maxValues: 1_000_000 })
  } catch (cause) {
    if (!(cause instanceof StrictJsonError)) throw cause
    throw new AdmissionError('REVIEW_INVALID', `the body is no JSON that can be used: ${cause.message}`, {
      cause,
      status: 400,
    })
  }
}
