import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ChangelogEntries } from '../databases/debian-records.ts'

const execute = promisify(execFile)

/** A vulnerability that a later changelog entry of a binary package's source names as fixed. */
export type OracleRow = `${string} ${string} ${string}`

/**
 * What the changelogs say of a system, computed without any code of ours: dpkg itself reads the status file and
 * orders versions. A CVE counts when an entry of the source that is newer than the installed version names it.
 *
 * @returns `package version CVE`, sorted.
 */
export async function askChangelogs(
  status: string,
  changelogs: ChangelogEntries,
  directory: string,
): Promise<readonly OracleRow[]> {
  await mkdir(join(directory, 'info'), { recursive: true })
  await mkdir(join(directory, 'updates'), { recursive: true })
  await writeFile(join(directory, 'status'), status)
  const fields = ['db:Status-Abbrev', 'Package', 'Version', 'source:Package', 'source:Version']
  const format = `${fields.map((field) => `\${${field}}`).join('\\t')}\\n`
  const { stdout } = await execute('dpkg-query', [`--admindir=${directory}`, '-W', '-f', format])
  const rows = new Set<OracleRow>()
  const newer = new Map<string, ReadonlySet<string>>()
  for (const line of stdout.split('\n')) {
    const [state = '', name = '', version = '', source = '', sourceVersion = ''] = line.split('\t')
    const entries = changelogs[source]?.entries.filter((entry) => entry.source === source)
    if (!state.startsWith('ii') || entries === undefined) continue
    const key = `${source} ${sourceVersion}`
    const cves = newer.get(key) ?? (await findNewer(sourceVersion, entries))
    newer.set(key, cves)
    for (const cve of cves) rows.add(`${name} ${version} ${cve}`)
  }
  return [...rows].sort()
}

/** The CVEs of all entries whose version is above the installed one, as dpkg orders them. */
async function findNewer(
  installed: string,
  entries: ChangelogEntries[string]['entries'],
): Promise<ReadonlySet<string>> {
  const script =
    'while read -r version; do dpkg --compare-versions "$version" gt "$0" && echo "$version"; done; true'
  const naming = entries.filter(({ cves }) => cves.length > 0)
  const versions = naming.map(({ version }) => version).join('\n')
  const child = execute('sh', ['-c', script, installed])
  child.child.stdin?.end(`${versions}\n`)
  const above = new Set((await child).stdout.split('\n'))
  return new Set(naming.filter(({ version }) => above.has(version)).flatMap(({ cves }) => cves))
}
