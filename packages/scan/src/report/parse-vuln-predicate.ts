import * as z from 'zod'
import { ScanError } from '../errors.ts'
import { parseDocument } from '../internal/parse-document.ts'
import type { ScanReport } from '../scan-report.ts'
import { type ParseAnyReportOptions, parseReport } from './parse-report.ts'

const text = z.string().max(4096)
/** The predicate `https://cosign.sigstore.dev/attestation/vuln/v1`, as far as it is read here. */
const predicateSchema = z.looseObject({
  scanner: z.looseObject({
    uri: text.optional(),
    version: text.optional(),
    db: z.looseObject({ uri: text.optional(), version: text.optional() }).optional(),
    result: z.unknown(),
  }),
  metadata: z.looseObject({
    scanStartedOn: z.iso.datetime({ offset: true }).optional(),
    scanFinishedOn: z.iso.datetime({ offset: true }),
  }),
})

/** Options of {@link parseVulnPredicate}. */
export interface ParseVulnPredicateOptions extends Omit<ParseAnyReportOptions, 'startedAt' | 'finishedAt'> {
  /** Who vouches for it: the verified signer of the attestation, whose subject is `subject`. */
  readonly vouchedBy: string
}

/**
 * Reads the predicate of a vulnerability attestation as cosign defines it
 * (`https://cosign.sigstore.dev/attestation/vuln/v1`), which carries the scanner's own report in `scanner.result`; that
 * report is read as {@link parseReport} reads it. Verify the attestation and its subject before.
 *
 * @throws {ScanError} `REPORT_INVALID` when it is no such predicate, or carries no report of a known form;
 * `SUBJECT_MISMATCH` when that report is about another image; `SCANNER_FAILED`, `LIMIT_EXCEEDED`.
 */
export function parseVulnPredicate(
  predicate: string | Uint8Array | object,
  options: ParseVulnPredicateOptions,
): ScanReport {
  const { source = 'the predicate', maxBytes = 256 * 1024 * 1024, name } = options
  const value = parseDocument(predicate, { source, code: 'REPORT_INVALID', maxBytes, scanner: name })
  const parsed = predicateSchema.safeParse(value)
  if (!parsed.success) {
    const problem = z.prettifyError(parsed.error).split('\n').slice(0, 4).join(' ').slice(0, 400)
    const message = `${source}: not a predicate of a vulnerability scan: ${problem}`
    throw new ScanError('REPORT_INVALID', message, { scanner: name })
  }
  const { scanner, metadata } = parsed.data
  const { result } = scanner
  if (typeof result !== 'object' || result === null) {
    throw new ScanError('REPORT_INVALID', `${source} carries no report of a scanner`, { scanner: name })
  }
  const { scanFinishedOn: finishedAt, scanStartedOn: startedAt } = metadata
  return parseReport(result, { ...options, source, startedAt, finishedAt })
}
