import { readFile } from 'node:fs/promises'
import type { Scanner } from '@sallyport/scan'
import { parseCycloneDxReport, reportScanner } from '@sallyport/scan/report'

/** A scanner that ran elsewhere, such as in the build, and left a CycloneDX document with vulnerabilities. */
export function readReport(path: string): Scanner {
  return reportScanner({
    name: 'build',
    read: async ({ subject, inventory }) =>
      parseCycloneDxReport(await readFile(path), { subject, inventory, name: 'build', source: path }),
  })
}
