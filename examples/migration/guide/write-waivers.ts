import { readFile, writeFile } from 'node:fs/promises'
import { formatWaivers, importTrivyIgnore } from '@sallyport/policy'

/** Makes waivers of what Trivy was told to ignore; returns what could not be carried over. */
export async function writeWaivers(expires: string): Promise<readonly string[]> {
  const waivers = importTrivyIgnore(await readFile('.trivyignore', 'utf8'), {
    source: '.trivyignore',
    owner: 'platform team',
    reason: 'ignored by the script',
    expires,
    scopes: [{ repository: 'prod.example/team/app' }],
  })
  await writeFile('waivers.yaml', formatWaivers(waivers))
  return waivers.warnings ?? []
}
