import type { ScanTarget } from '@sallyport/scan'
import { type StartedTrivyServer, trivyServerScanner } from '@sallyport/scan/trivy'

/** Scans several images with one server, which is started for them. */
export async function scanByServer(targets: readonly ScanTarget[], server: StartedTrivyServer = {}) {
  await using scanner = trivyServerScanner({ server, maxDataAgeMs: 48 * 3_600_000 })
  return await Promise.all(targets.map((target) => scanner.scan(target)))
}
