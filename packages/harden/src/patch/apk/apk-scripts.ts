import { createTarWriter } from '@sallyport/image'
import { cutMembers } from '../../systems/apk/cut-members.ts'
import { checksumForms, scriptChecksum } from '../../systems/apk/edit-lists.ts'
import { type MemberFile, readMembers } from './read-members.ts'
import type { StagedApk } from './stage-apk.ts'

/** Scripts and triggers of an installed package, as apk keeps them beside its database. */
export interface ApkScripts {
  /** The first thing that is not the same in a new version, for people. */
  findDifference(staged: StagedApk): string | undefined
}

/**
 * Looks up what apk keeps for a package.
 *
 * @param members - of its archive of scripts
 * @param triggers - its list of triggers
 * @param checksum - `C` of the installed version
 */
export function readApkScripts(
  members: readonly MemberFile[],
  triggers: string,
  checksum: string,
): ApkScripts {
  const forms = new Set(checksumForms(checksum))
  const old = new Map(
    members
      .filter(({ entry }) => forms.has(scriptChecksum(entry.path) ?? ''))
      .map(({ entry, content }) => [entry.path.slice(entry.path.lastIndexOf('.') + 1), content]),
  )
  const [, ...watched] =
    triggers
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .find(([sum]) => sum !== undefined && forms.has(sum)) ?? []
  return {
    findDifference({ scripts, info }) {
      for (const kind of new Set([...old.keys(), ...scripts.keys()])) {
        const [was, is] = [old.get(kind), scripts.get(kind)]
        if (!was || !is)
          return `${kind}: ${was ? 'the new version has none' : 'the installed version has none'}`
        if (!Buffer.from(was).equals(is)) return `${kind} differs: ${firstDifference(was, is)}`
      }
      const folders = (info.get('triggers') ?? [])
        .flatMap((value) => value.split(/\s+/))
        .filter((word) => word !== '')
      if (folders.join(' ') !== watched.join(' '))
        return `triggers differ: - ${watched.join(' ')} + ${folders.join(' ')}`
      return undefined
    },
  }
}

function firstDifference(was: Uint8Array, is: Uint8Array): string {
  const [old, now] = [was, is].map((bytes) => Buffer.from(bytes).toString('utf8').split('\n'))
  const at = now!.findIndex((line, index) => line !== old![index])
  const line = at < 0 ? now!.length : at
  const quote = (text: string | undefined) => JSON.stringify((text ?? '').trim().slice(0, 160))
  return `- ${quote(old![line])} + ${quote(now![line])}`
}

/** A package whose scripts have to be found under its new name. */
export interface RenamedScripts {
  readonly name: string
  readonly version: string
  readonly oldChecksum: string
  readonly newChecksum: string
}

/** The archive of scripts with those of upgraded packages under their new names: `name-version.checksum.action`. */
export async function renameScripts(
  tar: Uint8Array,
  renamed: readonly RenamedScripts[],
  path: string,
): Promise<Uint8Array> {
  const members = await readMembers(tar, path)
  const moves = new Map<string, string>()
  for (const { name, version, oldChecksum, newChecksum } of renamed) {
    const now = checksumForms(newChecksum)
    for (const [index, form] of checksumForms(oldChecksum).entries()) {
      for (const { entry } of members) {
        const action = entry.path.slice(entry.path.lastIndexOf('.'))
        if (scriptChecksum(entry.path) === form)
          moves.set(entry.path, `${name}-${version}.${now[index]}${action}`)
      }
    }
  }
  if (moves.size === 0) return tar
  const writer = createTarWriter()
  for (const { entry, content } of members) {
    const moved = moves.get(entry.path)
    if (moved === undefined) continue
    const { mode, uid, gid, mtime } = entry
    writer.add({ type: 'file', path: moved, mode, uid, gid, mtime, data: content })
  }
  const kept = cutMembers(tar, (name) => moves.has(name))
  const end = (await readMembers(kept, path)).reduce(
    (last, { entry }) => Math.max(last, entry.dataOffset + Math.ceil(entry.size / 512) * 512),
    0,
  )
  return Buffer.concat([kept.subarray(0, end), writer.finish()])
}

/** The list of triggers with the new checksums of upgraded packages. */
export function renameTriggers(text: string, renamed: readonly RenamedScripts[]): string {
  const moves = new Map<string, string>()
  for (const { oldChecksum, newChecksum } of renamed) {
    const now = checksumForms(newChecksum)
    for (const [index, form] of checksumForms(oldChecksum).entries()) moves.set(form, now[index]!)
  }
  return text
    .split('\n')
    .map((line) => {
      const sum = line.split(' ', 1)[0]!
      const moved = moves.get(sum)
      return moved === undefined ? line : moved + line.slice(sum.length)
    })
    .join('\n')
}
