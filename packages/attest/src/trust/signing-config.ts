import { parseStrictJson } from '@sallyport/core'
import type { z } from 'zod'
import { AttestError } from '../errors.ts'
import { signingConfigSchema } from './signing-config.schema.ts'

/** A service, as a signing config names it. */
export interface ConfiguredService {
  /** Where the service is. */
  readonly url: string
  /** Version of its API. */
  readonly majorApiVersion: number
  /** When it may be used; no end means until further notice. */
  readonly validFor: { readonly start: Date; readonly end?: Date | null | undefined }
  /** Who runs it; two services of one operator are one confirmation. */
  readonly operator: string
}

/** How many of the services to use: one that answers, all, or exactly so many, each of another operator. */
export type ServiceChoice =
  | { readonly selector: 'ANY' }
  | { readonly selector: 'ALL' }
  | { readonly selector: 'EXACT'; readonly count: number }

/** Which services to sign with (Sigstore signing config v0.2). */
export interface SigningConfig {
  /** Authorities that certify keys (Fulcio). */
  readonly caUrls: readonly ConfiguredService[]
  /** Issuers of identity tokens. */
  readonly oidcUrls: readonly ConfiguredService[]
  /** Transparency logs (Rekor). */
  readonly rekorTlogUrls: readonly ConfiguredService[]
  /** How many of the logs are to be used; has to be there when there are logs. */
  readonly rekorTlogConfig?: ServiceChoice | null | undefined
  /** Timestamp authorities (RFC 3161). */
  readonly tsaUrls: readonly ConfiguredService[]
  /** How many of the authorities are to be used; has to be there when there are authorities. */
  readonly tsaConfig?: ServiceChoice | null | undefined
}

const maxBytes = 1024 * 1024

/**
 * Reads a signing config v0.2 in JSON, such as the target `signing_config.v0.2.json` of a TUF repository. It says where
 * identity tokens are sent, so it has to come from a source that is trusted.
 *
 * @throws {AttestError} `SIGNING_CONFIG_INVALID` when it is anything else, or services are listed without how to choose.
 */
export function parseSigningConfig(json: string | Uint8Array): SigningConfig {
  const bytes = typeof json === 'string' ? Buffer.from(json, 'utf8') : json
  if (bytes.byteLength > maxBytes) throw invalid(`longer than ${maxBytes} bytes`)
  const parsed = signingConfigSchema.safeParse(parse(bytes))
  if (!parsed.success) throw invalid(describe(parsed.error))
  const config = parsed.data
  for (const [services, choice, name] of [
    [config.rekorTlogUrls, config.rekorTlogConfig, 'rekorTlogConfig'],
    [config.tsaUrls, config.tsaConfig, 'tsaConfig'],
  ] as const) {
    if (services.length > 0 && !choice) throw invalid(`${name} is missing`)
  }
  return config
}

function parse(bytes: Uint8Array): unknown {
  try {
    return parseStrictJson(bytes)
  } catch (error) {
    throw invalid((error as Error).message)
  }
}

function describe({ issues: [issue] }: z.ZodError): string {
  return `${issue?.path.join('.') || 'the whole'}: ${issue?.message}`
}

function invalid(why: string): AttestError {
  return new AttestError('SIGNING_CONFIG_INVALID', `expected a signing config v0.2: ${why}`)
}
