import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { anyRecord, isRecord, optional, text, timestamp } from './fields.schema.ts'
import { defineWritablePredicate } from './predicate-kind.ts'
import { toTimestamp } from './write-fields.ts'

const schema = z.looseObject({
  scanner: z.looseObject({
    uri: text,
    version: optional(z.string()),
    db: optional(
      z.looseObject({ uri: optional(z.string()), version: optional(z.string()), lastUpdate: timestamp }),
    ),
    result: z.array(
      z.looseObject({
        id: text,
        severity: z.array(z.looseObject({ method: z.string(), score: z.string() })),
        annotations: optional(z.array(anyRecord)),
      }),
    ),
  }),
  metadata: z.looseObject({ scanStartedOn: timestamp, scanFinishedOn: timestamp }),
})

/** in-toto vulnerabilities 0.2. */
export interface VulnsPredicate {
  /** What scanned, with which data, and what it found. */
  readonly scanner: {
    readonly uri: string
    readonly version?: string | undefined
    readonly db?:
      | {
          readonly uri?: string | undefined
          readonly version?: string | undefined
          readonly lastUpdate: string
        }
      | undefined
    readonly result: readonly VulnsFinding[]
  }
  /** When the scan ran (RFC 3339). */
  readonly metadata: { readonly scanStartedOn: string; readonly scanFinishedOn: string }
}

/** A vulnerability that a scanner found. */
export interface VulnsFinding {
  /** Such as `CVE-2026-0001`. */
  readonly id: string
  /** Every score is text: `high`, `7.5`. */
  readonly severity: readonly { readonly method: string; readonly score: string }[]
  /** What the scanner adds. */
  readonly annotations?: readonly Readonly<Record<string, unknown>>[] | undefined
}

/** What a vulnerability scan found. */
export interface VulnsParts {
  /** What scanned, and with which data. */
  readonly scanner: {
    readonly uri: string
    readonly version?: string | undefined
    readonly database?:
      | {
          readonly uri?: string | undefined
          readonly version?: string | undefined
          readonly lastUpdate: Date
        }
      | undefined
  }
  /** Empty when nothing was found. */
  readonly result: readonly VulnsFinding[]
  /** When the scan began. */
  readonly scanStartedOn: Date
  /** When the scan ended. */
  readonly scanFinishedOn: Date
  /** Further fields of `metadata`. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined
}

/** in-toto vulnerabilities 0.2 (spec/predicates/vulns_02.md); 0.1 is read into the same form. */
export const vulns = defineWritablePredicate<VulnsPredicate, VulnsParts>(
  {
    name: 'vulnerability report (vulns) 0.2',
    type: predicateTypes.vulns,
    alsoReads: ['https://in-toto.io/attestation/vulns/v0.1'],
    schema,
    normalize: liftVulnerabilities,
  },
  ({ scanner: { uri, version, database }, result, scanStartedOn, scanFinishedOn, metadata = {} }) => ({
    scanner: {
      uri,
      version,
      db: database && { ...database, lastUpdate: toTimestamp(database.lastUpdate) },
      result,
    },
    metadata: {
      ...metadata,
      scanStartedOn: toTimestamp(scanStartedOn),
      scanFinishedOn: toTimestamp(scanFinishedOn),
    },
  }),
)

/** Version 0.1 describes each finding one level deeper, although its own example does not. */
function liftVulnerabilities(predicate: unknown): unknown {
  if (!isRecord(predicate) || !isRecord(predicate['scanner'])) return predicate
  const { scanner } = predicate
  if (!Array.isArray(scanner['result'])) return predicate
  const result = scanner['result'].map((found: unknown) => {
    if (!isRecord(found) || 'id' in found || !isRecord(found['vulnerability'])) return found
    const { vulnerability, ...rest } = found
    return { ...rest, ...(vulnerability as object) }
  })
  return { ...predicate, scanner: { ...scanner, result } }
}
