import { isSallyportError } from '@sallyport/core'
import { OciError, type OciErrorCode } from '../errors.ts'
import { printable } from '../internal/printable.ts'
import { parseErrorBody, summarizeErrorBody, toRegistryErrors } from './parse-error-body.ts'
import { isRetriedStatus } from './retry-delay.ts'

/** What a request was about, for its errors. */
export interface RequestSubject {
  /** What was to be done, e.g. `read manifest 1.4`. */
  readonly action: string
  /** `registry/repository…`. */
  readonly reference: string
  /** Code of a 404. */
  readonly notFound: 'MANIFEST_NOT_FOUND' | 'BLOB_NOT_FOUND' | 'REGISTRY_ERROR'
}

/** The error for an answer that was not hoped for. */
export function statusError(
  status: number,
  bodyText: string,
  subject: RequestSubject,
  retryable: boolean = isRetriedStatus(status),
): OciError {
  const body = parseErrorBody(bodyText)
  const summary = summarizeErrorBody(body)
  const registryErrors = toRegistryErrors(body)
  return new OciError(
    codeOf(status, subject),
    `${subject.reference}: could not ${subject.action}: ${explain(status)}${summary === '' ? '' : ` (${summary})`}`,
    { status, reference: subject.reference, retryable, registryErrors },
  )
}

function codeOf(status: number, { notFound }: RequestSubject): OciErrorCode {
  switch (status) {
    case 401:
      return 'UNAUTHORIZED'
    case 403:
      return 'DENIED'
    case 404:
      return notFound
    case 429:
      return 'RATE_LIMITED'
    default:
      return 'REGISTRY_ERROR'
  }
}

function explain(status: number): string {
  switch (status) {
    case 401:
      return 'the registry does not accept the credentials, or wants some; check the login (status 401)'
    case 403:
      return 'the credentials do not allow it (status 403)'
    case 404:
      return 'not found (status 404)'
    case 429:
      return 'too many requests (status 429)'
    default:
      return `the registry answered with status ${status}`
  }
}

const finalCodes: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'ERR_INVALID_URL',
  'UND_ERR_INVALID_ARG',
  'ERR_SSL_WRONG_VERSION_NUMBER',
])

/** The error for an exchange that broke: no connection, no answer in time, a connection cut, not HTTP. */
export function networkError(error: unknown, subject: RequestSubject): Error {
  if (isSallyportError(error)) return error
  const code = errorCode(error)
  const reference = subject.reference
  if (code === 'UND_ERR_HEADERS_OVERFLOW' || code.startsWith('HPE_')) {
    const reason = code === 'UND_ERR_HEADERS_OVERFLOW' ? 'its header fields are too long' : 'not HTTP'
    return new OciError('REGISTRY_ERROR', `${reference}: the answer can't be read: ${reason} (${code})`, {
      reference,
      cause: error,
    })
  }
  const message = error instanceof Error ? error.message : String(error)
  const retryable =
    !finalCodes.has(code) &&
    !/CERT|SELF_SIGNED|ALTNAME|UNABLE_TO/.test(code) &&
    !/^Proxy .*\(4\d\d\)/.test(message)
  return new OciError(
    'REGISTRY_UNREACHABLE',
    `${reference}: could not ${subject.action}: ${printable(message || code, 200)}${code === '' ? '' : ` (${code})`}`,
    { reference, cause: error, retryable },
  )
}

function errorCode(error: unknown): string {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined
  if (typeof code === 'string') return code
  const cause = error instanceof Error ? error.cause : undefined
  return cause === undefined || cause === error ? '' : errorCode(cause)
}
