import { type Digest, isSallyportError } from '@sallyport/core'
import { AttestError } from '../errors.ts'
import type { RejectionReason } from './evidence.ts'

/** Ends the examination of one candidate; becomes an entry of the report, never an error of the call. */
export class Rejection extends Error {
  readonly reason: RejectionReason
  /** Manifest that is meant, where the candidate did not name it. */
  readonly manifest: Digest | undefined

  constructor(reason: RejectionReason, message: string, manifest?: Digest) {
    super(message)
    this.reason = reason
    this.manifest = manifest
  }
}

/** Codes that mean "no answer": the candidate may be good, so the whole reading has failed. */
const unanswered = new Set(['UNAUTHORIZED', 'DENIED', 'RATE_LIMITED', 'REGISTRY_UNREACHABLE'])

/**
 * The rejection that an error of reading one candidate amounts to. An error that says nothing about the candidate
 * (registry not reachable, access denied, aborted) is thrown again.
 */
export function toRejection(error: unknown, reason: RejectionReason): Rejection {
  if (error instanceof Rejection) return error
  if (!isSallyportError(error) || unanswered.has(error.code) || isServerFault(error)) throw error
  if (error.code === 'LIMIT_EXCEEDED') return new Rejection('limit-exceeded', error.message)
  if (error instanceof AttestError && error.code === 'STATEMENT_INVALID') {
    return new Rejection('statement-invalid', error.message)
  }
  return new Rejection(reason, error.message)
}

/** A registry that refuses one request for good (4xx) speaks about the candidate; anything else about itself. */
function isServerFault(error: { readonly code: string; readonly status?: unknown }): boolean {
  if (error.code !== 'REGISTRY_ERROR') return false
  return !(typeof error.status === 'number' && error.status >= 400 && error.status < 500)
}
