import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { compareDebianVersions } from '@sallyport/scan'
import type { ChangelogEntries } from '@sallyport/test-accuracy'
import type { AptMirror } from './apt-mirror.ts'

/**
 * What the newest version of packages says of the vulnerabilities that it and those before it repaired: the changelogs
 * of their sources.
 *
 * @param names - by name of the source, a package of it that holds the changelog
 */
export async function readChangelogs(
  mirror: AptMirror,
  names: Readonly<Record<string, string>>,
  directory: string,
): Promise<ChangelogEntries> {
  const changelogs: Record<string, ChangelogEntries[string]> = {}
  await mkdir(directory, { recursive: true })
  for (const [source, name] of Object.entries(names)) {
    const [newest] = (await mirror.versionsOf(name)).toSorted((a, b) =>
      Number(compareDebianVersions(b.version, a.version)),
    )
    if (!newest) throw new Error(`apt has no package ${name}`)
    const file = join(directory, `${name}.deb`)
    await writeFile(file, mirror.read(newest.path, { maxBytes: Number.MAX_SAFE_INTEGER }))
    const text = await readMember(file, `./usr/share/doc/${name}/changelog.Debian.gz`)
    changelogs[source] = { entries: parseChangelog(text) }
  }
  return changelogs
}

async function readMember(file: string, path: string): Promise<string> {
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-c', 'dpkg-deb --fsys-tarfile "$0" | tar -xO "$1"', file, path],
    { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 },
  )
  return gunzipSync(stdout).toString('utf8')
}

/**
 * Entries of a changelog as Debian's policy, section 4.4, words them: a heading, changes, and a line with the date. Where
 * an entry lies below one of a lower version (`7.0.15-1` below `7.0.15-1~deb12u1`), that one holds its repairs already.
 */
export function parseChangelog(text: string): ChangelogEntries[string]['entries'] {
  const entries: ChangelogEntries[string]['entries'][number][] = []
  let heading: { readonly source: string; readonly version: string } | undefined
  let cves = new Set<string>()
  for (const line of text.split('\n')) {
    const [, source, version] = /^(\S+) \(([^\s()]+)\) /.exec(line) ?? []
    if (source !== undefined && version !== undefined) {
      heading = { source, version }
      cves = new Set()
    }
    for (const [cve] of line.matchAll(/\bCVE-\d{4}-\d{4,}\b/g)) cves.add(cve)
    const date = /^ -- .*>  (.+)$/.exec(line)?.[1]
    if (!heading || date === undefined) continue
    const { source: from, version: own } = heading
    const above = entries.findLast((entry) => entry.source === from)?.version
    const first = above !== undefined && compareDebianVersions(above, own) === -1 ? above : own
    entries.push({ source: from, version: first, cves: [...cves].sort(), date })
    heading = undefined
  }
  return entries
}
