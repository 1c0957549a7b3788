import type { Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import { type InstalledPackages, isTool } from './installed-packages.ts'

const maxStubBytes = 16 * 1024

/**
 * What belongs to a package outside of its own files: links into its folder, from `.bin`, other `node_modules` and
 * folders of commands; stubs that start it; and of an installer that is not in a `node_modules`, all of its folder.
 */
export async function findBinFiles(
  image: Pick<Image, 'tree' | 'readFile'>,
  packages: readonly Package[],
  { rootOf, around }: InstalledPackages,
  signal?: AbortSignal | undefined,
): Promise<ReadonlyMap<Package, readonly string[]>> {
  const { tree } = image
  const held = new Set(packages)
  const found = new Map<Package, string[]>()
  const add = (owner: Package | undefined, path: string) => {
    if (!owner || !held.has(owner) || owner.files.includes(path)) return
    const list = found.get(owner)
    if (list) list.push(path)
    else found.set(owner, [path])
  }
  const tools = packages
    .map((one) => [`${rootOf(one)}/`, one] as const)
    .filter(([root]) => isTool(root.slice(0, -1)))
  for (const node of tree.entries()) {
    const { path, type, size } = node
    if (type === 'directory') continue
    const inTool = tools.find(([root]) => path.startsWith(root))?.[1]
    if (inTool && !path.includes('/node_modules/')) add(inTool, path)
    else if (type === 'symlink' && /\/node_modules\/|\/bin\/[^/]+$/.test(path)) {
      const end = tree.resolve(path)
      const owner = end && around(end.path)
      if (owner && around(path) !== owner) add(owner, path)
    } else if (type === 'file' && size <= maxStubBytes && /\/node_modules\/\.bin\/[^/]+$/.test(path)) {
      add(await findStarted(path), path)
    }
  }
  return found

  /** pnpm, and npm on some systems, write a small script in place of a link. */
  async function findStarted(path: string): Promise<Package | undefined> {
    const text = Buffer.from(
      await image.readFile(tree.get(path)!, { maxBytes: maxStubBytes, signal }),
    ).toString()
    const folder = path.slice(0, path.lastIndexOf('/'))
    for (const [, target] of text.matchAll(/"\$basedir\/([^"\n]+)"/g)) {
      const end = tree.resolve(`${folder}/${target}`)
      if (end?.type === 'file') return around(end.path)
    }
    return undefined
  }
}
