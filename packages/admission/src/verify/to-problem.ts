import { isSallyportError } from '@sallyport/core'
import { printable } from '@sallyport/oci/cloud'
import type { AdmissionReasonCode } from '../decision.ts'
import type { VerificationProblem } from '../ports/image-verifier.ts'
import { FlightTimeout } from './flights.ts'

/** Codes of errors that say what is in the registry, and not that it could not be asked. */
const ofContent: Readonly<Record<string, AdmissionReasonCode>> = {
  REFERENCE_INVALID: 'reference-invalid',
  MANIFEST_NOT_FOUND: 'image-not-found',
  MANIFEST_INVALID: 'image-invalid',
  MANIFEST_UNSUPPORTED: 'image-invalid',
  DIGEST_MISMATCH: 'image-invalid',
  SIZE_MISMATCH: 'image-invalid',
  LIMIT_EXCEEDED: 'image-invalid',
  'index-nested': 'image-invalid',
  'no-platforms': 'image-invalid',
  'limit-exceeded': 'image-invalid',
  'parent-mismatch': 'image-invalid',
}
const ofAccess: Readonly<Record<string, AdmissionReasonCode>> = {
  UNAUTHORIZED: 'registry-denied',
  DENIED: 'registry-denied',
  CREDENTIALS_UNREADABLE: 'credentials-unreadable',
  RATE_LIMITED: 'registry-unreachable',
  REGISTRY_UNREACHABLE: 'registry-unreachable',
  REGISTRY_ERROR: 'registry-unreachable',
  CAPACITY_EXCEEDED: 'overloaded',
}

/** What kept an image from being judged, as a problem, and whether it is one of the image. */
export function toProblem(error: unknown): VerificationProblem & { readonly verdict: 'fail' | 'error' } {
  if (error instanceof FlightTimeout)
    return { verdict: 'error', code: 'registry-unreachable', message: error.message }
  const code = isSallyportError(error) ? error.code : ''
  return codeToProblem(code, error instanceof Error ? error.message : String(error))
}

/** The same, of a code and a message. An image that is broken on purpose must not pass for one that could not be read. */
export function codeToProblem(
  code: string,
  message: string,
): VerificationProblem & { readonly verdict: 'fail' | 'error' } {
  const shown = printable(message)
  const content = Object.hasOwn(ofContent, code) ? ofContent[code] : undefined
  if (content !== undefined) return { verdict: 'fail', code: content, message: shown }
  const access = Object.hasOwn(ofAccess, code) ? ofAccess[code] : undefined
  return { verdict: 'error', code: access ?? 'verification-failed', message: shown }
}
