import { execFile } from 'node:child_process'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import type { OsvRecord } from '@sallyport/scan'
import { writeGrypeDatabase, writeOsvDatabase, writeTrivyDatabase } from '@sallyport/test-accuracy'
import { toolPath } from '@sallyport/test-tools'
import type { Engine } from './guide/choose-scanners.ts'

/** The programs of the guide that are on this machine, each with a database of the same records. */
export async function findEngines(
  records: readonly OsvRecord[],
  folder: string,
): Promise<{ readonly trivy?: Engine; readonly grype?: Engine; readonly osv?: Engine }> {
  const at = (name: string) => join(folder, name)
  const engine = async (tool: string, write: (command: string, data: string) => Promise<void>) => {
    const command = toolPath(tool)
    if (command === undefined) return undefined
    await write(command, at(tool))
    return { command, data: at(tool) }
  }
  const trivy = await engine('trivy', (_, data) => writeTrivyDatabase(records, data))
  const osv = await engine('osv-scanner', async (_, data) => {
    await writeOsvDatabase(records, data)
  })
  const grype = await engine('grype', async (command, data) => {
    const archive = await writeGrypeDatabase(records, at('grype-input'))
    await promisify(execFile)(command, ['db', 'import', archive], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: folder,
        GRYPE_DB_CACHE_DIR: data,
        GRYPE_DB_AUTO_UPDATE: 'false',
        GRYPE_CHECK_FOR_APP_UPDATE: 'false',
      },
    })
  })
  return { ...(trivy && { trivy }), ...(grype && { grype }), ...(osv && { osv }) }
}
