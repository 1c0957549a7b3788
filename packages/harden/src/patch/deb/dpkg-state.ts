import { decodeName, type Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import { parsePathExcludes, type PathExcludes } from './path-excludes.ts'

/** What of dpkg's folder and configuration in an image decides how a package is unpacked. */
export interface DpkgState {
  readonly packages: readonly Package[]
  readonly excludes: PathExcludes
  /** Where a path goes that another package, or the administrator, diverted; `undefined` when nobody did. */
  diverted(path: string, packageName: string): string | undefined
  /** Folders whose files some package builds something of (`triggers/File`), with that package. */
  readonly interests: readonly { readonly path: string; readonly packageName: string }[]
  /** Explicit triggers that some package waits for. */
  readonly triggers: ReadonlySet<string>
  /** Other packages than this one that own a path. */
  otherOwners(path: string, found: Package): readonly Package[]
}

const maxBytes = 16 * 1024 * 1024

/** Reads the state of dpkg in an image. Missing files count as empty ones. */
export async function readDpkgState(
  image: Image,
  packages: readonly Package[],
  signal: AbortSignal | undefined,
): Promise<DpkgState> {
  const { tree } = image
  const readText = async (path: string) => {
    const node = tree.resolve(path)
    return node?.type === 'file' ? decodeName(await image.readFile(node, { maxBytes, signal })) : ''
  }
  const configurations = ['/etc/dpkg/dpkg.cfg', ...filesOf('/etc/dpkg/dpkg.cfg.d')]
  const excludes = parsePathExcludes(await Promise.all(configurations.map(readText)))

  const diversions: { readonly from: string; readonly to: string; readonly owner: string }[] = []
  const lines = (await readText('/var/lib/dpkg/diversions')).split('\n')
  for (let at = 0; at + 2 < lines.length; at += 3)
    diversions.push({ from: tree.canonicalize(lines[at]!), to: lines[at + 1]!, owner: lines[at + 2]! })

  const interests = (await readText('/var/lib/dpkg/triggers/File')).split('\n').flatMap((line) => {
    const space = line.lastIndexOf(' ')
    if (!line.startsWith('/') || space < 0) return []
    const packageName = line
      .slice(space + 1)
      .replace(/\/(?:no)?await$/, '')
      .replace(/:[a-z0-9-]+$/, '')
    return { path: tree.canonicalize(line.slice(0, space)), packageName }
  })
  const triggers = new Set(
    filesOf('/var/lib/dpkg/triggers').map((path) => path.slice(path.lastIndexOf('/') + 1)),
  )

  const owners = new Map<string, Package[]>()
  for (const found of packages) {
    for (const path of found.files) {
      const list = owners.get(path)
      if (list) list.push(found)
      else owners.set(path, [found])
    }
  }
  return {
    packages,
    excludes,
    diverted: (path, name) => {
      if (diversions.length === 0) return undefined
      const at = tree.canonicalize(path)
      return diversions.find(({ from, owner }) => from === at && owner !== name)?.to
    },
    interests,
    triggers,
    otherOwners: (path, found) =>
      (owners.get(path) ?? []).filter((one) => one !== found && one.type === 'deb'),
  }

  function filesOf(folder: string): readonly string[] {
    const node = tree.resolve(folder)
    if (node?.type !== 'directory') return []
    return tree
      .children(node.path)
      .filter(({ type }) => type === 'file')
      .map(({ path }) => path)
  }
}
