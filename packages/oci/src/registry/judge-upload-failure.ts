import type { OciError } from '../errors.ts'
import { UploadLost } from './send-chunks.ts'
import type { UploadHabits } from './upload-rules.ts'
import type { UploadSession } from './upload-session.ts'

/** A try to upload that failed. */
export interface FailedUpload {
  readonly failure: OciError | UploadLost
  readonly session: UploadSession
  readonly chunked: boolean
  /** Whether the way of sending may change. */
  readonly automatic: boolean
  /** How often a whole blob was cut before. */
  readonly wholeCuts: number
}

/** What helps: an upload from the beginning, asking the registry how far this one got, or nothing. */
export type UploadRemedy = 'begin-again' | 'ask' | 'none'

/** Statuses with which a registry, or a proxy before it, refuses a whole blob in one request. */
const refusesWhole: ReadonlySet<number> = new Set([405, 411, 413, 415, 416, 501])
/** Statuses with which a registry refuses to take chunks at all. */
const refusesChunks: ReadonlySet<number> = new Set([400, 404, 405, 411, 415, 501])
/** A connection that was cut twice within a whole blob will be cut again. */
const mostWholeCuts = 2

/** Decides what to do after a failure, and notes what it tells of the registry. */
export function judgeUploadFailure(
  { failure, session, chunked, automatic, wholeCuts }: FailedUpload,
  uploads: UploadHabits,
): UploadRemedy {
  const { retryable, status } = errorOf(failure)
  if (automatic && status !== undefined && !chunked && refusesWhole.has(status)) {
    if (uploads.refusesChunks) return 'none'
    uploads.prefersChunks = true
    return 'begin-again'
  }
  if (automatic && status !== undefined && chunked && session.offset === 0 && refusesChunks.has(status)) {
    if (uploads.refusesChunks) return 'none'
    uploads.refusesChunks = true
    return 'begin-again'
  }
  if (status === undefined && retryable && !chunked && automatic && wholeCuts + 1 >= mostWholeCuts) {
    uploads.prefersChunks = true
  }
  // An expired token (401) is renewed by the question; 404 is an upload that is over, for better or worse.
  if (failure instanceof UploadLost || retryable || status === 401 || status === 404) return 'ask'
  // What the registry has of an earlier try may not be the beginning of this content.
  return session.resumed && status !== undefined && status !== 403 ? 'begin-again' : 'none'
}

/** The error behind a failure, as callers see it. */
export function errorOf(failure: OciError | UploadLost): OciError {
  return failure instanceof UploadLost ? failure.cause : failure
}
