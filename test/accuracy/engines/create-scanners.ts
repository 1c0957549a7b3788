import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { builtinScanner, type OsvRecord, type Scanner } from '@sallyport/scan'
import { buildAdvisoryDatabase, openAdvisoryDatabase } from '@sallyport/scan/database'
import { grypeScanner } from '@sallyport/scan/grype'
import { osvScanner } from '@sallyport/scan/osv-scanner'
import { trivyScanner } from '@sallyport/scan/trivy'
import { requireTool } from '@sallyport/test-tools'
import { writeGrypeDatabase } from '../databases/write-grype-database.ts'
import { writeOsvDatabase } from '../databases/write-osv-database.ts'
import { writeTrivyDatabase } from '../databases/write-trivy-database.ts'
import { writeTrivyJavaDatabase } from '../databases/write-trivy-java-database.ts'

/** Scanners whose data is made of the same records. */
export interface Scanners {
  /** Ours with the records in memory. */
  readonly inMemory: Scanner
  /** Ours with the records in a database file. */
  readonly fromFile: Scanner
  /** Trivy, Grype and OSV-Scanner. */
  readonly others: readonly Scanner[]
}

/** Writes all databases into a folder and makes the scanners that use them. */
export async function createScanners(
  records: readonly OsvRecord[],
  directory: string,
  { updatedAt }: { readonly updatedAt: Date },
): Promise<Scanners> {
  const at = (name: string) => join(directory, name)
  await writeTrivyDatabase(records, at('trivy'), { updatedAt })
  await writeTrivyJavaDatabase(at('trivy'), { updatedAt })
  await writeOsvDatabase(records, at('osv'), { updatedAt })
  const database = await writeGrypeDatabase(records, at('grype-input'), { updatedAt })
  await promisify(execFile)(requireTool('grype'), ['db', 'import', database], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: directory,
      GRYPE_DB_CACHE_DIR: at('grype'),
      GRYPE_DB_AUTO_UPDATE: 'false',
      GRYPE_CHECK_FOR_APP_UPDATE: 'false',
    },
  })
  const { path } = await buildAdvisoryDatabase({
    inputs: [{ kind: 'records', name: 'records', records, updatedAt: updatedAt.toISOString() }],
    output: at('advisories.db'),
  })
  return {
    inMemory: builtinScanner({ advisories: records }),
    fromFile: builtinScanner({ advisories: await openAdvisoryDatabase(path) }),
    others: [
      trivyScanner({ command: requireTool('trivy'), cacheDirectory: at('trivy'), skipDatabaseUpdate: true }),
      grypeScanner({ command: requireTool('grype'), cacheDirectory: at('grype'), skipDatabaseUpdate: true }),
      osvScanner({ command: requireTool('osv-scanner'), databaseDirectory: at('osv') }),
    ],
  }
}
