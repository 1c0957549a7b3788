import type { ImageFiles } from '../files/image-files.ts'

/** Where Debian's Node looks after all folders above a package. */
const globalFolders: readonly string[] = ['/usr/share/nodejs', '/usr/lib/nodejs']
/** Real trees are a few levels deep. */
const maxFolders = 32

/**
 * Finds the packages that Node would load for the names that a package needs: in `node_modules` of its own folder and
 * of each folder above (Node.js, "Loading from node_modules folders"), links followed.
 */
export function resolveNeeds(
  { tree }: Pick<ImageFiles, 'tree'>,
  root: string,
  needs: readonly string[],
  purlOf: (root: string) => string | undefined,
): readonly string[] {
  const folders = [...lookupFolders(root)]
    .filter((folder) => tree.resolve(folder)?.type === 'directory')
    .slice(0, maxFolders)
  const found = needs.flatMap((name) => {
    for (const folder of folders) {
      const node = tree.resolve(`${folder}/${name}`)
      if (node?.type === 'directory') return purlOf(node.path) ?? []
    }
    return []
  })
  return [...new Set(found)].sort()
}

function* lookupFolders(root: string): Generator<string> {
  for (let at = root.length; at >= 0; at = root.lastIndexOf('/', at - 1)) {
    const folder = root.slice(0, at)
    if (!folder.endsWith('/node_modules')) yield `${folder}/node_modules`
    if (at === 0) break
  }
  yield* globalFolders
}
