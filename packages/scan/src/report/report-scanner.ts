import type { Scanner, ScanTarget } from '../ports/scanner.ts'
import { ScanError } from '../errors.ts'
import type { ScanReport } from '../scan-report.ts'

/** Options of {@link reportScanner}. */
export interface ReportScannerOptions {
  /** Name of the scanner. */
  readonly name: string
  /**
   * Reads the report on an image, with one of the parsers: from a file, an attestation, or a service that was asked.
   * It must reject when there is none.
   */
  readonly read: (
    target: ScanTarget,
    options: { readonly signal?: AbortSignal | undefined },
  ) => Promise<ScanReport>
}

/** A scanner whose work was done elsewhere: it gives the report that was made on the image. */
export function reportScanner({ name, read }: ReportScannerOptions): Scanner {
  return {
    name,
    async scan(target, { signal } = {}) {
      signal?.throwIfAborted()
      const report = await read(target, { signal })
      signal?.throwIfAborted()
      if (report.subject !== target.subject) {
        throw new ScanError(
          'SUBJECT_MISMATCH',
          `the report is about ${report.subject}, expected ${target.subject}`,
          {
            scanner: name,
          },
        )
      }
      return report
    },
  }
}
