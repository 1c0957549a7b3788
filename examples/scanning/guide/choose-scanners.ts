import { type AdvisoryIndex, builtinScanner, type Scanner } from '@sallyport/scan'
import { grypeScanner } from '@sallyport/scan/grype'
import { osvScanner } from '@sallyport/scan/osv-scanner'
import { trivyScanner } from '@sallyport/scan/trivy'

/** A program of this machine, and the folder with its database. */
export interface Engine {
  readonly command: string
  readonly data: string
}

/** The built-in matcher, and each program that is named. Databases are taken as they are; none may be old. */
export function chooseScanners(
  advisories: AdvisoryIndex,
  { trivy, grype, osv }: { readonly trivy?: Engine; readonly grype?: Engine; readonly osv?: Engine },
): readonly Scanner[] {
  const maxDataAgeMs = 48 * 3_600_000
  const offline = { maxDataAgeMs, skipDatabaseUpdate: true }
  return [
    builtinScanner({ advisories, maxDataAgeMs }),
    ...(trivy ? [trivyScanner({ ...offline, command: trivy.command, cacheDirectory: trivy.data })] : []),
    ...(grype ? [grypeScanner({ ...offline, command: grype.command, cacheDirectory: grype.data })] : []),
    ...(osv ? [osvScanner({ maxDataAgeMs, command: osv.command, databaseDirectory: osv.data })] : []),
  ]
}
