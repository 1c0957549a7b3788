import type { FileTree } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'

/** npm packages of an image by the real folder that each lies in. */
export interface InstalledPackages {
  readonly byRoot: ReadonlyMap<string, Package>
  rootOf(found: Package): string
  /** The innermost package whose folder holds a path, or is it. */
  around(path: string): Package | undefined
  /** The package that Node would load for a name in a file of `folder`. */
  resolve(folder: string, name: string): Package | undefined
}

/** Indexes packages by their folders; a name is looked up as Node does, in `node_modules` of each folder above. */
export function indexPackages(tree: FileTree, packages: readonly Package[]): InstalledPackages {
  const byRoot = new Map(packages.map((found) => [rootOf(found), found]))
  return {
    byRoot,
    rootOf,
    around(path) {
      for (let at = path.length; at > 0; at = path.lastIndexOf('/', at - 1)) {
        const found = byRoot.get(path.slice(0, at))
        if (found) return found
      }
      return undefined
    },
    resolve(folder, name) {
      for (let at = folder.length; at >= 0; at = folder.lastIndexOf('/', at - 1)) {
        const end = tree.resolve(`${folder.slice(0, at)}/node_modules/${name}`)
        if (end?.type === 'directory') return byRoot.get(end.path)
        if (at === 0) break
      }
      return undefined
    },
  }
}

const rootOf = ({ evidence }: Package): string => evidence.path.slice(0, -'/package.json'.length)

const isName = /^(?:@[^/]+\/)?[^/@.][^/]*$/

/** Whether a folder lies right below a `node_modules`, or below a scope there. */
export function isInstalled(root: string): boolean {
  const at = root.lastIndexOf('/node_modules/')
  return at >= 0 && isName.test(root.slice(at + '/node_modules/'.length))
}

const toolFolder = /^(?:(?:\/.*)?\/lib\/node_modules\/(?:npm|npx|corepack|yarn|pnpm)|\/opt\/yarn-v?\d[^/]*)$/

/** Whether a folder holds an installer that comes with Node's images: npm, corepack, yarn, pnpm. */
export const isTool = (root: string): boolean => toolFolder.test(root)
