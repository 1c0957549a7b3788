import type { ValidityPeriod } from '../certificates/build-certificate.ts'
import { jsonValidity, type JsonValidity } from './trusted-root.ts'

/** A service in a {@link SigningConfig}. */
export interface SigningService {
  /** Where it is. */
  readonly url: string
  /** Of its interface. */
  readonly majorApiVersion: number
  /** When it may be used. */
  readonly validFor: JsonValidity
  /** Who runs it. */
  readonly operator: string
}

/** Of which services how many are used. */
export interface ServiceSelection {
  /** Any one, all, or as many as `count`. */
  readonly selector: 'ANY' | 'ALL' | 'EXACT'
  /** For `EXACT`. */
  readonly count?: number | undefined
}

/** Where signatures are made (`SigningConfig` v0.2 in protobuf's JSON). */
export interface SigningConfig {
  /** That of v0.2. */
  readonly mediaType: string
  /** Fulcio. */
  readonly caUrls: readonly SigningService[]
  /** Issuers of tokens. */
  readonly oidcUrls: readonly SigningService[]
  /** Logs of signatures. */
  readonly rekorTlogUrls: readonly SigningService[]
  /** How many logs. */
  readonly rekorTlogConfig: ServiceSelection
  /** Timestamp authorities. */
  readonly tsaUrls: readonly SigningService[]
  /** How many timestamp authorities. */
  readonly tsaConfig: ServiceSelection
}

/** Where services are, and whose. */
export interface SigningConfigOptions {
  /** To which `/api/v2/signingCert` is appended. */
  readonly fulcioUrl: string
  /** Of the issuer. */
  readonly oidcUrl: string
  /** By the version of their interface. */
  readonly rekorUrls: { readonly 1?: string | undefined; readonly 2?: string | undefined }
  /** The whole address to which requests are posted. */
  readonly timestampUrl: string
  /** Who runs everything. */
  readonly operator: string
  /** Of everything. */
  readonly validity: ValidityPeriod
}

/** Writes the signing config of these services: any one log and any one timestamp authority will do. */
export function buildSigningConfig(options: SigningConfigOptions): SigningConfig {
  const { fulcioUrl, oidcUrl, rekorUrls, timestampUrl, operator } = options
  const validFor = jsonValidity(options.validity)
  const service = (url: string, majorApiVersion = 1) => ({ url, majorApiVersion, validFor, operator })
  return {
    mediaType: 'application/vnd.dev.sigstore.signingconfig.v0.2+json',
    caUrls: [service(fulcioUrl)],
    oidcUrls: [service(oidcUrl)],
    rekorTlogUrls: ([2, 1] as const).flatMap((version) => {
      const url = rekorUrls[version]
      return url === undefined ? [] : [service(url, version)]
    }),
    rekorTlogConfig: { selector: 'ANY' },
    tsaUrls: [service(timestampUrl)],
    tsaConfig: { selector: 'ANY' },
  }
}
