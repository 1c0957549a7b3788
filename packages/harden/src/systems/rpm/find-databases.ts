import type { FileNode, FileTree } from '@sallyport/image'

const folders = ['/var/lib/rpm', '/usr/lib/sysimage/rpm', '/usr/share/rpm']
const manifests = ['/var/lib/rpmmanifest/container-manifest-1', '/var/lib/rpmmanifest/container-manifest-2']

/** What stands beside each kind of database and is made again from it by rpm, or means nothing without its changes. */
const companions: ReadonlyMap<string, RegExp> = new Map([
  ['rpmdb.sqlite', /^rpmdb\.sqlite-(?:wal|shm)$/],
  ['Packages.db', /^Index\.db$/],
  [
    'Packages',
    /^(?:__db\.\d{3}|(?:Base|Dir|Conflict|Obsolete|Provide|Require|Recommend|Suggest|Supplement|Enhance|Trigger|Filetrigger|Transfiletrigger)names?|Name|Group|(?:Provide|Require)version|(?:Install|Remove)tid|Sha1header|Sigmd5|Filedigests|Filemd5s|Pubkeys|Packagecolor|Depends)$/,
  ],
])

/** A database of rpm in an image. */
export interface DatabaseFile {
  readonly node: FileNode
  /** Files that hold what the database holds too, and leave when it changes. */
  readonly companions: readonly string[]
}

/**
 * Finds the databases that rpm or a scanner reads, in each of their three places.
 *
 * @throws {SyntaxError} when one can't be edited: it has changes beside it, or is a list without files.
 */
export function findDatabases(tree: FileTree): readonly DatabaseFile[] {
  for (const path of manifests) {
    const node = tree.resolve(path)
    if (node) {
      throw new SyntaxError(
        `${node.path} lists packages without their files, so that none could leave with its bytes`,
      )
    }
  }
  const found = new Map<string, DatabaseFile>()
  for (const folder of folders) {
    for (const [name, pattern] of companions) {
      const node = tree.resolve(`${folder}/${name}`)
      if (!node || found.has(node.path)) continue
      if (node.type !== 'file') throw new SyntaxError(`${node.path} is no regular file`)
      const parent = node.path.slice(0, node.path.lastIndexOf('/'))
      for (const journal of ['-wal', '-journal']) {
        const log = tree.get(`${node.path}${journal}`)
        if (log && (log.type !== 'file' || log.size > 0)) {
          throw new SyntaxError(
            `${log.path} has changes that are not in the database yet; "rpmdb --rebuilddb" writes them there`,
          )
        }
      }
      const beside = tree.children(parent).filter((child) => {
        return child.type === 'file' && pattern.test(child.path.slice(parent.length + 1))
      })
      found.set(node.path, { node, companions: beside.map(({ path }) => path) })
    }
  }
  return [...found.values()]
}
