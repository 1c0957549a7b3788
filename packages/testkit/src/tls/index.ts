export {
  createTlsAuthority,
  type IssueTlsOptions,
  type TlsAuthority,
  type TlsPair,
} from './create-tls-authority.ts'
export type { ValidityPeriod } from '../sigstore/certificates/build-certificate.ts'
