import type { ImageFiles } from '../files/image-files.ts'

/** Paths of the files and links below a folder, or the path of the one file that is there; links are not followed. */
export function listFilesBelow({ tree }: Pick<ImageFiles, 'tree'>, path: string): string[] {
  const found: string[] = []
  const node = tree.get(path)
  const waiting = node === undefined ? [] : [node]
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (at.type !== 'directory') found.push(at.path)
    else waiting.push(...tree.children(at.path))
  }
  return found.sort()
}
