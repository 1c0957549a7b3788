import { readFile, writeFile } from 'node:fs/promises'
import {
  formatWaivers,
  importGrypeIgnore,
  importHarborAllowlist,
  importTrivyIgnore,
  type ImportWaiversOptions,
} from '@sallyport/policy'

/** Writes a waiver file for each ignore list; returns what could not be carried over. */
export async function importIgnores(): Promise<readonly string[]> {
  const terms = (source: string): ImportWaiversOptions => ({
    source,
    owner: 'platform team',
    reason: 'accepted before the gate was there',
    expires: '2027-03-31',
    scopes: [{ repository: 'prod.example/team/app' }],
  })
  const read = (file: string) => readFile(file, 'utf8')
  const imported = [
    importTrivyIgnore(await read('.trivyignore'), terms('.trivyignore')),
    importGrypeIgnore(await read('.grype.yaml'), { ...terms('.grype.yaml'), distro: 'debian' }),
    importHarborAllowlist(await read('allowlist.json'), terms('allowlist.json')),
  ]
  for (const file of imported) await writeFile(`${file.source}.waivers.yaml`, formatWaivers(file))
  return imported.flatMap(({ warnings = [] }) => warnings)
}
