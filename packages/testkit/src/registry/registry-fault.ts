/** Error codes of the OCI distribution specification ("Error Codes"). */
export type RegistryErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'
  // Of real registries, not of the specification.
  | 'PRECONDITION'
  | 'TAG_INVALID'

/** An answer that refuses, thrown by handlers and written as the specification's error body. */
export class RegistryFault extends Error {
  readonly status: number
  readonly code: RegistryErrorCode
  readonly headers: Readonly<Record<string, string>>
  readonly detail: unknown

  constructor(
    status: number,
    code: RegistryErrorCode,
    message: string,
    { headers = {}, detail }: { headers?: Readonly<Record<string, string>>; detail?: unknown } = {},
  ) {
    super(message)
    this.name = 'RegistryFault'
    this.status = status
    this.code = code
    this.headers = headers
    this.detail = detail
  }
}
