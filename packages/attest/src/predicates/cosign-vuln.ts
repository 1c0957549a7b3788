import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { optional, timestamp } from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { toTimestamp } from './write-fields.ts'

const schema = z.looseObject({
  invocation: optional(
    z.looseObject({
      parameters: optional(z.unknown()),
      uri: optional(z.string()),
      event_id: optional(z.string()),
      'builder.id': optional(z.string()),
    }),
  ),
  scanner: z.looseObject({
    uri: z.string(),
    version: optional(z.string()),
    db: optional(z.looseObject({ uri: optional(z.string()), version: optional(z.string()) })),
    result: optional(z.unknown()),
  }),
  metadata: z.looseObject({ scanStartedOn: timestamp, scanFinishedOn: timestamp }),
})

/** cosign's vulnerability scan record v1. */
export interface CosignVulnPredicate {
  /** What started the scan. */
  readonly invocation?:
    | {
        readonly parameters?: unknown
        readonly uri?: string | undefined
        readonly event_id?: string | undefined
        readonly 'builder.id'?: string | undefined
      }
    | undefined
  /** What scanned, with which data, and its report. */
  readonly scanner: {
    readonly uri: string
    readonly version?: string | undefined
    readonly db?: { readonly uri?: string | undefined; readonly version?: string | undefined } | undefined
    /** The scanner's own report. */
    readonly result?: unknown
  }
  /** When the scan ran (RFC 3339). */
  readonly metadata: { readonly scanStartedOn: string; readonly scanFinishedOn: string }
}

/** What a vulnerability scan record says. */
export interface CosignVulnParts {
  /** What scanned, and with which data. */
  readonly scanner: {
    readonly uri: string
    readonly version?: string | undefined
    readonly database?:
      | { readonly uri?: string | undefined; readonly version?: string | undefined }
      | undefined
  }
  /** The scanner's report, as it wrote it. */
  readonly result: unknown
  /** When the scan began. */
  readonly scanStartedOn: Date
  /** When the scan ended. */
  readonly scanFinishedOn: Date
  /** What started the scan. Default: empty fields. */
  readonly invocation?:
    | {
        readonly parameters?: readonly string[] | undefined
        readonly uri?: string | undefined
        readonly eventId?: string | undefined
        readonly builderId?: string | undefined
      }
    | undefined
}

/** cosign's vulnerability scan record v1 (specs/COSIGN_VULN_ATTESTATION_SPEC.md), in the form that cosign writes. */
export const cosignVuln = defineWritablePredicate<CosignVulnPredicate, CosignVulnParts>(
  { name: 'vulnerability scan record of cosign', type: predicateTypes.cosignVuln, schema },
  ({ scanner, result, scanStartedOn, scanFinishedOn, invocation = {} }) => ({
    // Policies written for cosign's output expect every field.
    invocation: {
      parameters: invocation.parameters ?? [],
      uri: invocation.uri ?? '',
      event_id: invocation.eventId ?? '',
      'builder.id': invocation.builderId ?? '',
    },
    scanner: {
      uri: scanner.uri,
      version: scanner.version ?? '',
      db: { uri: scanner.database?.uri ?? '', version: scanner.database?.version ?? '' },
      result,
    },
    metadata: { scanStartedOn: toTimestamp(scanStartedOn), scanFinishedOn: toTimestamp(scanFinishedOn) },
  }),
)
