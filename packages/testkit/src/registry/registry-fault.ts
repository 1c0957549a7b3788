import type { DistributionErrorCode } from '@sallyport/oci'

/** Codes of the specification, and two of real registries. */
export type RegistryErrorCode = DistributionErrorCode | 'PRECONDITION' | 'TAG_INVALID'

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
