import { encodeName, type Image } from '@sallyport/image'
import type { DpkgDetails, Package } from '@sallyport/inventory'
import type { PackageEdit } from '../package-edit.ts'
import { digestOf } from '../place-entries.ts'
import type { StagedDeb } from './stage-deb.ts'

/** A file of dpkg's `info` folder, or beside a paragraph of `status.d`. */
export interface InfoFile {
  readonly path: string
  readonly content: Uint8Array
}

/** What {@link writeInfoFiles} works on. */
export interface InfoInput {
  readonly image: Image
  readonly dpkg: DpkgDetails
  readonly found: Package
  readonly staged: StagedDeb
  /** The files of the installed version, by what their names end in. */
  readonly info: ReadonlyMap<string, InfoFile>
  /** Paths of the package that are not written and not listed either. */
  readonly unlisted: ReadonlySet<string>
  /** Configuration files of the old version that stay. */
  readonly obsolete: readonly string[]
  readonly edit: PackageEdit
}

/** What dpkg keeps of a package's control archive; images made without dpkg keep the sums alone. */
export async function writeInfoFiles(input: InfoInput): Promise<void> {
  const { image, dpkg, found, staged, info, edit } = input
  const isFull = /\/status$/.test(dpkg.statusPath)
  const contents = new Map<string, Uint8Array>()
  for (const [name, { content }] of staged.info) if (isFull || info.has(name)) contents.set(name, content)
  if (isFull || info.has('md5sums')) contents.set('md5sums', await writeSums(input))
  if (isFull || info.has('list')) contents.set('list', writeList(input))

  const base = baseOf()
  for (const [name, content] of contents) {
    const old = info.get(name)
    const path = old?.path ?? `${base}.${name}`
    if (old ? !Buffer.from(old.content).equals(content) : image.tree.get(path))
      edit.replace.set(path, content)
    if (old || image.tree.get(path)) continue
    const { mode } = staged.info.get(name) ?? { mode: 0o644 }
    edit.add.set(path, { type: 'file', content, mode, uid: 0, gid: 0, mtime: mtimeOf(staged) })
  }
  for (const [name, { path }] of info) if (!contents.has(name)) edit.remove.add(path)

  /** `info/name`, or `info/name:arch` where the image has it so. */
  function baseOf(): string {
    const [one] = info.values()
    if (one) return one.path.slice(0, one.path.lastIndexOf('.'))
    return isFull ? `${dpkg.statusPath.slice(0, -'/status'.length)}/info/${found.name}` : dpkg.statusPath
  }
}

/** The newest time of the package: the same package gives the same image, whenever it is built. */
function mtimeOf({ entries }: StagedDeb): number {
  return entries.reduce((newest, { mtime }) => Math.max(newest, mtime), 0)
}

/** dpkg's list: the paths in the order of the package, the root as `/.`, then what stays of the old version. */
function writeList({ staged, unlisted, obsolete }: InfoInput): Uint8Array {
  const paths = staged.entries
    .filter(({ path }) => !unlisted.has(path))
    .map(({ path }) => (path === '/' ? '/.' : path))
  return encodeName([...paths, ...obsolete].map((path) => `${path}\n`).join(''))
}

/** The package's own sums; where it has none, dpkg makes them when it unpacks. */
async function writeSums({ staged, unlisted }: InfoInput): Promise<Uint8Array> {
  const own = staged.info.get('md5sums')
  const lines: string[] = []
  if (own) {
    for (const line of Buffer.from(own.content).toString('latin1').split('\n'))
      if (line !== '') lines.push(line)
  } else {
    const conffiles = new Set(
      Buffer.from(staged.info.get('conffiles')?.content ?? new Uint8Array())
        .toString('latin1')
        .split('\n'),
    )
    for (const entry of staged.entries) {
      if (entry.type !== 'file' || conffiles.has(entry.path)) continue
      lines.push(`${await digestOf(staged.open(entry), 'md5')}  ${entry.path.slice(1)}`)
    }
  }
  const left = lines.filter((line) => !unlisted.has(`/${line.slice(34).replace(/^\.?\/+/, '')}`))
  return Buffer.from(left.map((line) => `${line}\n`).join(''), 'latin1')
}
