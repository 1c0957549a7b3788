import { createHash } from 'node:crypto'
import { ImageError } from '../errors.ts'
import type { OpenedImage } from '../open/opened-image.ts'
import type { TreeNode } from '../tree/image-tree.ts'
import type { NewEntry } from './image-edit.ts'
import { contentSize, openContent } from './new-content.ts'
import { withAttributes } from './resolve-attributes.ts'
import type { Selection } from './select-paths.ts'

/** The written image, read again. */
export type RereadImage = Pick<OpenedImage, 'tree' | 'readContent'>

/** What one path of the result must be. */
type ExpectedNode = Pick<
  TreeNode,
  'type' | 'mode' | 'uid' | 'gid' | 'mtime' | 'size' | 'linkTarget' | 'xattrs'
> & {
  readonly deviceMajor: number
  readonly deviceMinor: number
  /** Paths with the same file have the same value; undefined for directories. */
  readonly file: unknown
  /** The content; undefined when its blob is the source's. */
  readonly content?: (() => AsyncIterable<Uint8Array> | Iterable<Uint8Array>) | undefined
}

/**
 * Proves that a rewritten image has exactly the paths, metadata and contents that were meant.
 *
 * @param rewritten - positions of the source's layers that were written anew; only their contents can differ
 * @throws {ImageError} `REWRITE_MISMATCH` with the first path that differs.
 */
export async function verifyRewrite(
  source: OpenedImage,
  result: RereadImage,
  selection: Selection,
  rewritten: ReadonlySet<number>,
  signal?: AbortSignal,
): Promise<void> {
  const { paths, added } = selection
  for (const { path } of result.tree.entries()) {
    if (!paths.has(path) && !added.has(path)) throw mismatch(path, 'is there but should not be')
  }
  const expectAll = function* (): Generator<readonly [string, ExpectedNode]> {
    for (const [path, node] of paths)
      yield [path, expectKept(source, node, selection, rewritten.has(node.layer), signal)]
    for (const path of added.keys()) yield [path, expectAdded(path, added)]
  }
  const groups = new Map<unknown, unknown>()
  const files = new Map<unknown, string>()
  for (const [path, expected] of expectAll()) {
    signal?.throwIfAborted()
    const actual = result.tree.get(path)
    if (actual === undefined) throw mismatch(path, 'is missing')
    const difference = findDifference(expected, actual)
    if (difference !== undefined) throw mismatch(path, `differs in ${difference}`)
    if (expected.file !== undefined) {
      // Paths that shared a file must still share one, and no others.
      const first = files.get(expected.file)
      const shared = first === undefined ? actual.shared : result.tree.get(first)?.shared
      if (shared !== actual.shared) throw mismatch(path, `is no hard link to ${first}`)
      if ((groups.get(shared) ?? expected.file) !== expected.file)
        throw mismatch(path, 'is a hard link but should be none')
      if (first === undefined) files.set(expected.file, path)
      groups.set(shared, expected.file)
    }
    if (expected.content === undefined || actual.shared === undefined) continue
    const content = await digest(result.readContent(actual.shared.inode, signal))
    if (content !== (await digest(expected.content()))) throw mismatch(path, 'differs in content')
  }
}

function expectKept(
  source: OpenedImage,
  node: TreeNode,
  { replace, attributes }: Selection,
  rewritten: boolean,
  signal: AbortSignal | undefined,
): ExpectedNode {
  const { shared } = node
  const changes = attributes.of(node)
  const replaced = replace.get(node.path)
  const { mode = node.mode, uid = node.uid, gid = node.gid, xattrs = node.xattrs } = changes ?? {}
  const inode = shared === undefined ? undefined : withAttributes(shared.inode, changes)
  const { type, mtime, linkTarget } = node
  return {
    type,
    mode,
    uid,
    gid,
    mtime,
    linkTarget,
    xattrs,
    size: replaced?.length ?? node.size,
    deviceMajor: inode?.deviceMajor ?? 0,
    deviceMinor: inode?.deviceMinor ?? 0,
    file: replaced === undefined ? shared : node,
    content:
      inode?.type !== 'file' || !rewritten
        ? undefined
        : () => (replaced === undefined ? source.readContent(inode, signal) : [replaced]),
  }
}

function expectAdded(path: string, added: ReadonlyMap<string, NewEntry>): ExpectedNode {
  const own = added.get(path)
  const file = own?.type === 'hardlink' ? own.linkTo : path
  const entry = added.get(file)
  if (entry === undefined || entry.type === 'hardlink') throw mismatch(path, 'has no file to link to')
  const { type, uid, gid, mtime } = entry
  const content = entry.type === 'file' ? entry.content : undefined
  return {
    type,
    mode: entry.type === 'symlink' ? 0o777 : entry.mode,
    uid,
    gid,
    mtime,
    linkTarget: entry.type === 'symlink' ? entry.linkTarget : undefined,
    xattrs: (entry.type === 'symlink' ? undefined : entry.xattrs) ?? new Map(),
    size: content === undefined ? 0 : contentSize(content),
    deviceMajor: 0,
    deviceMinor: 0,
    file: entry.type === 'directory' ? undefined : file,
    content: content === undefined ? undefined : () => openContent(content, path),
  }
}

function findDifference(expected: ExpectedNode, actual: TreeNode): string | undefined {
  for (const field of ['type', 'mode', 'uid', 'gid', 'mtime', 'linkTarget', 'size'] as const) {
    if (expected[field] !== actual[field]) return field
  }
  for (const field of ['deviceMajor', 'deviceMinor'] as const) {
    if (expected[field] !== (actual.shared?.inode[field] ?? 0)) return field
  }
  if (expected.xattrs.size !== actual.xattrs.size) return 'xattrs'
  for (const [name, value] of expected.xattrs) {
    const other = actual.xattrs.get(name)
    if (other === undefined || Buffer.compare(value, other) !== 0) return `xattr ${name}`
  }
  return undefined
}

async function digest(content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<string> {
  const running = createHash('sha256')
  for await (const chunk of content) running.update(chunk)
  return running.digest('hex')
}

function mismatch(path: string, what: string): ImageError {
  return new ImageError('REWRITE_MISMATCH', `rewritten image: ${JSON.stringify(path)} ${what}`, { path })
}
