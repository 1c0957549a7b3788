import type { FileTree } from '@sallyport/image'
import type { Supervised, SupervisorContext } from './supervised.ts'

const usual = [
  '/etc/service',
  '/service',
  '/etc/services.d',
  '/etc/s6-overlay',
  '/etc/cont-init.d',
  '/etc/cont-finish.d',
  '/etc/s6-rc',
  '/etc/s6',
  '/etc/runit',
  '/etc/sv',
  '/package/admin',
  '/run/service',
]
const maxFiles = 5_000

/**
 * Finds the scripts of runit's and s6's service folders: those that the command names, and the usual ones. All files in
 * them count, since `run`, `finish`, `check`, `up`, `down` and hooks are each started by name.
 */
export async function findServiceFolders(
  { image: { tree, config } }: SupervisorContext,
  words: readonly string[],
): Promise<Supervised | undefined> {
  const folder = config.config?.WorkingDir || '/'
  const named = words.slice(1).map((word) => (word.startsWith('/') ? word : `${folder}/${word}`))
  const files: string[] = []
  const seen = new Set<string>()
  for (const path of [...named, ...usual]) {
    const end = tree.resolve(path)
    if (end?.type === 'directory' && end.path !== '/') collect(tree, end.path, files, seen)
  }
  return files.length === 0 ? undefined : { commands: [], files }
}

/** Services are often links to folders elsewhere. */
function collect(tree: FileTree, folder: string, files: string[], seen: Set<string>): void {
  const pending = [folder]
  for (let next = pending.pop(); next !== undefined && files.length < maxFiles; next = pending.pop()) {
    if (seen.has(next)) continue
    seen.add(next)
    for (const { path } of tree.children(next)) {
      const end = tree.resolve(path)
      if (end?.type === 'directory') pending.push(end.path)
      else files.push(path)
    }
  }
}
