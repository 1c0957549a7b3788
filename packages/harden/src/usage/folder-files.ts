import type { FileTree } from '@sallyport/image'
import { isIndexFile } from './ignored-paths.ts'

const layout =
  /^(?:\/[^/]*|\/usr\/(?:local\/)?(?:bin|sbin|lib\w*|libexec|share|include|src|games|etc|local)|\/var\/(?:lib|cache|log|run|lock|tmp|spool|mail|opt|local|backups)|\/(?:usr\/(?:local\/)?)?lib\/[a-z0-9_]+-linux-[a-z0-9]+)$/
const maxFiles = 20_000

/** Whether a folder belongs to the system's layout: it holds everything, so that naming it means nothing. */
export const isLayoutFolder = (folder: string): boolean => layout.test(folder)

/**
 * Files below a folder that a link leads to or a command names: whoever does so means what is in it. Folders of the
 * system's layout hold everything, and mean nothing.
 */
export function filesBelow(tree: FileTree, folder: string): readonly string[] {
  const files: string[] = []
  const pending = isLayoutFolder(folder) || isIndexFile(`${folder}/`) ? [] : [folder]
  for (let next = pending.pop(); next !== undefined && files.length < maxFiles; next = pending.pop()) {
    for (const { path, type } of tree.children(next)) {
      if (type === 'directory') pending.push(path)
      else files.push(path)
    }
  }
  return files
}
