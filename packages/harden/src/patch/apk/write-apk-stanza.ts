import { createHash } from 'node:crypto'
import type { ApkStanza } from '../../systems/apk/parse-database.ts'
import type { PackageEntry } from '../package-entry.ts'
import { digestOf, parentOf } from '../place-entries.ts'
import type { StagedApk } from './stage-apk.ts'

/**
 * Writes the paragraph of the installed database for a package, as apk does (apk-tools, `database.c`): the lines of the
 * index, what it replaces, then its folders with their files.
 */
export async function writeApkStanza(staged: StagedApk, old: ApkStanza): Promise<string> {
  const { candidate, info, entries } = staged
  const lines = [...candidate.lines]
  const replaces = info.get('replaces') ?? []
  if (replaces.length > 0) lines.push(`r:${replaces.join(' ')}`)
  const priority = info.get('replaces_priority')?.[0]
  if (priority !== undefined) lines.push(`q:${priority}`)
  // The repository that the image's user chose for it.
  const tag = old.lines.find((line) => line.startsWith('s:'))
  if (tag !== undefined) lines.push(tag)

  const folders = new Map<string, string[]>()
  const linesOf = (path: string) => {
    let list = folders.get(path)
    if (!list) folders.set(path, (list = []))
    return list
  }
  for (const entry of entries) {
    if (entry.path === '/') continue
    if (entry.type === 'directory') {
      const acl = aclOf(entry)
      if (!folders.has(entry.path) && acl !== '0:0:755') linesOf(entry.path).push(`M:${acl}`)
      else linesOf(entry.path)
      continue
    }
    const own = linesOf(parentOf(entry.path))
    own.push(`R:${entry.path.slice(entry.path.lastIndexOf('/') + 1)}`)
    const acl = aclOf(entry)
    if (acl !== '0:0:644') own.push(`a:${acl}`)
    own.push(`Z:Q1${Buffer.from(await sumOf(staged, entry), 'hex').toString('base64')}`)
  }
  for (const [path, own] of folders) lines.push(`F:${path.slice(1)}`, ...own)
  return lines.join('\n')
}

const aclOf = ({ uid, gid, mode }: PackageEntry) => `${uid}:${gid}:${(mode & 0o7777).toString(8)}`

/** SHA-1 of a file's content, or of a link's target. */
function sumOf({ open }: StagedApk, entry: PackageEntry): Promise<string> {
  if (entry.type !== 'symlink') return digestOf(open(entry), 'sha1')
  return Promise.resolve(createHash('sha1').update(entry.linkTarget).digest('hex'))
}
