import { OciError } from '@sallyport/oci'

/** What to do about a failure. Errors are told apart by their code, never by their message. */
export function explainFailure(error: unknown): string {
  if (!(error instanceof OciError)) return 'not a failure of a registry, layout or archive'
  switch (error.code) {
    case 'UNAUTHORIZED':
    case 'DENIED':
      return `sign in to the ${error.side ?? 'registry'} with an account that may do this`
    case 'TAG_CONFLICT':
      return error.conflict === undefined
        ? 'look where the tag is now, and decide again'
        : `compare ${error.conflict.source} with ${error.conflict.target}`
    case 'DIGEST_MISMATCH':
    case 'SIZE_MISMATCH':
      return 'do not use the content; somebody between here and there changed it'
    default:
      return error.retryable ? 'run it again later' : error.message
  }
}
