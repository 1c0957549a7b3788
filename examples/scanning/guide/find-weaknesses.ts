import type { Scanner } from '@sallyport/scan'
import { trivyScanner } from '@sallyport/scan/trivy'

/** Trivy, also looking for secrets and misconfiguration; they stand in the report's `weaknesses`. */
export function findWeaknesses(command: string, cacheDirectory: string): Scanner {
  return trivyScanner({
    command,
    cacheDirectory,
    skipDatabaseUpdate: true,
    weaknesses: ['secret', 'misconfiguration'],
  })
}
