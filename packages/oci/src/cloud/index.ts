export { createExpiringCache, type Expiring, type ExpiringCache } from './cached-credentials.ts'
export { findAwsCredentials, type FindAwsCredentialsOptions } from './find-aws-credentials.ts'
export { findEntraToken, type FindEntraTokenOptions } from './find-entra-token.ts'
export { findGoogleToken, type FindGoogleTokenOptions } from './find-google-token.ts'
export { type AwsCredentials, type AwsRequest, signAwsRequest } from './sign-aws-request.ts'
export { type AddressScope, addressScope } from '../http/address-scope.ts'
export type { Environment } from '../http/choose-proxy.ts'
export { nextPage } from '../http/parse-link.ts'
export {
  backoffMs,
  defaultSleep,
  isRetriedStatus,
  parseRetryAfter,
  type RetryOptions,
  type Sleep,
} from '../http/retry-delay.ts'
export {
  createTransport,
  sendThrough,
  type Transport,
  type TransportOptions,
  type WireAnswer,
  type WireRequest,
} from '../http/transport.ts'
export type { RegistryTls, RegistryTlsSettings } from '../http/registry-tls.ts'
export { printable } from '../internal/printable.ts'
export type { Credentials } from '../ports/credential-provider.ts'
export { createSharedFlights, type SharedFlights } from '../internal/shared-flights.ts'
