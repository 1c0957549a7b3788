import type { Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { OpenedSystems } from '../systems/open-systems.ts'

/**
 * Adds the folders that are left with nothing in them, unless a package that stays lists them, the configuration names
 * them, or they belong to the layout of the system.
 */
export async function removeEmptyFolders(
  image: Image,
  kept: readonly Package[],
  remove: Set<string>,
  systems: Pick<OpenedSystems, 'listedPaths'>,
): Promise<void> {
  const { tree, config } = image
  const needed = new Set<string>()
  const addNeeded = (path: string) => {
    for (let at = tree.canonicalize(path); at !== '' && at !== '/'; at = at.slice(0, at.lastIndexOf('/')))
      needed.add(at)
  }
  for (const found of kept) for (const path of await systems.listedPaths(found)) needed.add(path)
  const { WorkingDir, Volumes } = config.config ?? {}
  for (const path of [WorkingDir, ...Object.keys(Volumes ?? {})]) if (path) addNeeded(path)
  // A link that stays and leads to a folder keeps it.
  const touched = new Set<string>()
  for (const path of remove) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      touched.add(path.slice(0, at))
  }
  for (const { path, type } of tree.entries()) {
    if (type !== 'symlink' || remove.has(path)) continue
    const end = tree.resolve(path)
    if (end?.type === 'directory' && touched.has(end.path)) addNeeded(end.path)
  }
  const deepestFirst = [...touched].sort((one, other) => other.length - one.length)
  for (const folder of deepestFirst) {
    if (needed.has(folder) || isSystemFolder(folder)) continue
    if (tree.children(folder).every(({ path }) => remove.has(path))) remove.add(folder)
  }
}

const isSystemFolder = (path: string) =>
  path.split('/').length <= 2 ||
  /^\/(?:usr|var|etc)\/[^/]+$/.test(path) ||
  /^\/usr\/local(?:\/[^/]+)?$/.test(path) ||
  /^\/(?:var|usr)\/lib\/dpkg(?:\/|$)/.test(path) ||
  /^(?:(?:\/usr)?\/lib|\/etc|\/var\/cache)\/apk(?:\/|$)/.test(path) ||
  /^\/var\/(?:lib|cache|log)\/apt(?:\/|$)/.test(path)
