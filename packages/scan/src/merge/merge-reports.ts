import { ScanError } from '../errors.ts'
import type { MergedScan, ScanReport } from '../scan-report.ts'
import { findDisagreements } from './find-disagreements.ts'
import { mergeFindings } from './merge-findings.ts'
import { mergeWeaknesses } from './merge-weaknesses.ts'

/**
 * Makes one list of findings of the reports of several scanners on one image. The level of each finding is chosen
 * anew over all ratings; see `chooseSeverity`. What the scanners disagree about is listed, not averaged away; a report
 * of status `failed` adds nothing and stays among the reports.
 *
 * @throws {ScanError} `SUBJECT_MISMATCH` when the reports are about different images.
 * @throws {ScanError} `REPORT_INVALID` when there is no report: no answer is not a good answer.
 */
export function mergeReports(reports: readonly ScanReport[]): MergedScan {
  const [first] = reports
  if (first === undefined) throw new ScanError('REPORT_INVALID', 'no scan report to merge')
  const other = reports.find((report) => report.subject !== first.subject)
  if (other !== undefined) {
    throw new ScanError(
      'SUBJECT_MISMATCH',
      `${first.scanner.name} scanned ${first.subject}, ${other.scanner.name} scanned ${other.subject}`,
      { scanner: other.scanner.name },
    )
  }
  const findings = mergeFindings(reports.flatMap((report) => report.findings))
  const looked = reports.filter(({ weaknesses }) => weaknesses !== undefined)
  return {
    subject: first.subject,
    reports,
    findings,
    disagreements: findDisagreements(findings, reports),
    ...(looked.length > 0 && {
      weaknesses: mergeWeaknesses(looked.flatMap(({ weaknesses = [] }) => weaknesses)),
    }),
  }
}
