import { AttestError, type AttestErrorCode, type AttestErrorOptions, type KmsFailure } from '../errors.ts'

/** A key in a service, for messages. */
export type KmsKey = Pick<KmsFailure, 'service' | 'reference'>

/** Options of {@link kmsError}. */
export interface KmsErrorOptions
  extends Omit<AttestErrorOptions, 'kms'>, Pick<KmsFailure, 'status' | 'serviceCode'> {}

const maxShownLength = 300

/** An error about a key in a service; what `message` takes from the service must have been cleaned before. */
export function kmsError(
  code: AttestErrorCode,
  { service, reference }: KmsKey,
  message: string,
  { status, serviceCode, ...options }: KmsErrorOptions = {},
): AttestError {
  // No reference has a user name or password, but somebody may write one.
  const plain = reference.replace(/\/\/[^/]*@/, '//…@')
  const shown = plain.length > maxShownLength ? `${plain.slice(0, maxShownLength)}…` : plain
  return new AttestError(code, `${JSON.stringify(shown)}: ${message}`, {
    ...options,
    kms: { service, reference: shown, status, serviceCode },
  })
}

/** The error for a text that names no key of the service. */
export function referenceError(key: KmsKey, expected: string): AttestError {
  return kmsError('KMS_REFERENCE_INVALID', key, `expected ${expected}`)
}
