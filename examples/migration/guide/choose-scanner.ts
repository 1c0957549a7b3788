import type { Scanner } from '@sallyport/scan'
import { trivyScanner } from '@sallyport/scan/trivy'

/** The Trivy that the script ran, with the database that it kept: none older than two days counts. */
export const chooseScanner = (command: string, cacheDirectory: string): Scanner =>
  trivyScanner({ command, cacheDirectory, maxDataAgeMs: 48 * 3_600_000 })
