import type { FileNode } from '@sallyport/image'
import { maxMetadataBytes } from '../internal/limits.ts'
import { findFile, readText } from '../internal/read-text.ts'
import { type ReaderContext, readOrReport } from '../reader.ts'
import { type Diversion, parseDiversions } from './parse-diversions.ts'

/** What dpkg keeps beside its `status`. */
export interface AdminFolder {
  /** The files below `info/`, by the part of their name before the last dot: `name` or `name:arch`. */
  readonly info: ReadonlyMap<string, readonly FileNode[]>
  readonly diversions: readonly Diversion[]
}

/** Reads dpkg's folder (`/var/lib/dpkg`), all but the packages themselves. */
export async function readAdminFolder(context: ReaderContext, root: string): Promise<AdminFolder> {
  const { image, signal, report } = context
  const node = findFile(image, `${root}/diversions`)
  const diversions =
    node &&
    (await readOrReport(context, node.path, async () =>
      parseDiversions(await readText(image, node, { maxBytes: maxMetadataBytes, signal })),
    ))
  // dpkg writes changes here first, and moves them to `status` at the end.
  const pending = childrenOf(context, `${root}/updates`).find(({ path }) => /\/\d+$/.test(path))
  if (pending) {
    report({
      code: 'UNREADABLE',
      path: pending.path,
      message: `${pending.path}: dpkg was interrupted, its status is not complete`,
    })
  }
  return { info: groupByPackage(childrenOf(context, `${root}/info`)), diversions: diversions ?? [] }
}

/** The metadata files of one package: `name.list`, or `name:arch.list` where several architectures may be installed. */
export function metadataOf(
  info: AdminFolder['info'],
  name: string,
  arch: string | undefined,
): readonly FileNode[] {
  const own = arch === undefined ? undefined : info.get(`${name}:${arch}`)
  return own ?? info.get(name) ?? []
}

function childrenOf({ image }: ReaderContext, path: string): readonly FileNode[] {
  const folder = image.tree.resolve(path)
  return folder?.type === 'directory' ? image.tree.children(folder.path) : []
}

/** Groups files by the part of their name before the last dot. */
export function groupByPackage(nodes: readonly FileNode[]): ReadonlyMap<string, readonly FileNode[]> {
  const groups = new Map<string, FileNode[]>()
  for (const node of nodes) {
    const base = node.path.slice(node.path.lastIndexOf('/') + 1)
    const dot = base.lastIndexOf('.')
    if (node.type !== 'file' || dot <= 0) continue
    const key = base.slice(0, dot)
    const group = groups.get(key)
    if (group) group.push(node)
    else groups.set(key, [node])
  }
  return groups
}
