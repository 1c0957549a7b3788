import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { builtinScanner, type Scanner } from '@sallyport/scan'
import { grypeScanner } from '@sallyport/scan/grype'
import { osvScanner } from '@sallyport/scan/osv-scanner'
import { type TrivyServerScanner, trivyScanner, trivyServerScanner } from '@sallyport/scan/trivy'
import {
  hasRecords,
  readRecords,
  writeGrypeDatabase,
  writeOsvDatabase,
  writeTrivyDatabase,
} from '@sallyport/test-accuracy'
import { requireTool } from '@sallyport/test-tools'
import { describeScannerContract, toContractSubject } from '@sallyport/testkit/contracts'
import { afterAll, beforeAll, describe } from 'vitest'

const updatedAt = new Date('2026-11-25T00:00:00Z')
let directory = ''
let server: TrivyServerScanner | undefined
const at = (name: string) => join(directory, name)

const scanners: Readonly<Record<string, () => Scanner>> = {
  'the built-in matcher': () => builtinScanner({ advisories: readRecords() }),
  Trivy: () =>
    trivyScanner({ command: requireTool('trivy'), cacheDirectory: at('trivy'), skipDatabaseUpdate: true }),
  'the server of Trivy': () =>
    (server = trivyServerScanner({
      server: { command: requireTool('trivy'), cacheDirectory: at('trivy'), skipDatabaseUpdate: true },
    })),
  Grype: () =>
    grypeScanner({ command: requireTool('grype'), cacheDirectory: at('grype'), skipDatabaseUpdate: true }),
  'OSV-Scanner': () => osvScanner({ command: requireTool('osv-scanner'), databaseDirectory: at('osv') }),
}

describe.skipIf(!hasRecords)(
  'scanners with the same records (skipped where the data folder is absent)',
  () => {
    beforeAll(async () => {
      directory = await mkdtemp(join(tmpdir(), 'sallyport-scanners-'))
      const records = readRecords()
      await writeTrivyDatabase(records, at('trivy'), { updatedAt })
      await writeOsvDatabase(records, at('osv'), { updatedAt })
      const database = await writeGrypeDatabase(records, at('grype-input'), { updatedAt })
      const env = {
        PATH: process.env['PATH'] ?? '',
        HOME: directory,
        GRYPE_DB_CACHE_DIR: at('grype'),
        GRYPE_DB_AUTO_UPDATE: 'false',
        GRYPE_CHECK_FOR_APP_UPDATE: 'false',
      }
      await promisify(execFile)(requireTool('grype'), ['db', 'import', database], { env })
    })

    afterAll(async () => {
      await server?.[Symbol.asyncDispose]()
      await rm(directory, { recursive: true, force: true })
    })

    for (const [name, create] of Object.entries(scanners)) {
      let scanner: Scanner | undefined
      // one for all tests: each new one has to find the canary again
      describeScannerContract(name, { create: async () => toContractSubject((scanner ??= create())) })
    }
  },
)
