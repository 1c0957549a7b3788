import { createReadStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type OsvRecord } from '@sallyport/scan'
import { parseAlpineSecdb, parseCsafVex, parseTrackerJson } from '@sallyport/scan/sources'
import type { AdvisoryInput } from '@sallyport/scan/database'

/** Advisories from files as their makers publish them; `updatedAt` is when they were fetched. */
export async function gatherAdvisories(folder: string, updatedAt: string): Promise<readonly AdvisoryInput[]> {
  const at = (name: string) => join(folder, name)
  const debian = await parseTrackerJson(createReadStream(at('debian.json')), {
    source: 'debian.json',
    modified: updatedAt,
  })
  const alpine = parseAlpineSecdb(await readFile(at('alpine-main.json'), 'utf8'), {
    source: 'alpine-main.json',
    release: 'v3.20',
    modified: updatedAt,
  })
  return [
    { kind: 'records', name: 'Debian tracker', records: debian, updatedAt },
    { kind: 'records', name: 'Alpine secdb', records: alpine, updatedAt },
    { kind: 'records', name: 'Red Hat CSAF', records: readCsaf(at('redhat')), updatedAt },
    // A folder of OSV records; `all.zip` of osv.dev is `{ kind: 'zip', … }`.
    { kind: 'directory', name: 'OSV npm', path: at('npm'), updatedAt },
  ]
}

async function* readCsaf(folder: string): AsyncGenerator<OsvRecord> {
  for (const name of await readdir(folder)) {
    yield* parseCsafVex(await readFile(join(folder, name), 'utf8'), name)
  }
}
