import { createHash } from 'node:crypto'
import { ImageError } from '../errors.ts'
import type { OpenedImage } from '../open/opened-image.ts'
import type { TreeNode } from '../tree/image-tree.ts'
import type { ImageEdit } from './image-edit.ts'

/** The written image, read again. */
export type RereadImage = Pick<OpenedImage, 'tree' | 'readContent'>

/**
 * Proves that a rewritten image has exactly the paths, metadata and contents that were meant.
 *
 * @param paths - what must be there, nodes of the source
 * @param rewritten - positions of the source's layers that were written anew; only their contents can differ
 * @throws {ImageError} `REWRITE_MISMATCH` with the first path that differs.
 */
export async function verifyRewrite(
  source: OpenedImage,
  result: RereadImage,
  paths: ReadonlyMap<string, TreeNode>,
  edit: ImageEdit,
  rewritten: ReadonlySet<number>,
  signal?: AbortSignal,
): Promise<void> {
  for (const { path } of result.tree.entries()) {
    if (!paths.has(path)) throw mismatch(path, 'is there but should not be')
  }
  const firsts = new Map<unknown, string>()
  for (const [path, expected] of paths) {
    signal?.throwIfAborted()
    const actual = result.tree.get(path)
    if (actual === undefined) throw mismatch(path, 'is missing')
    const replaced = edit.replace.get(path)
    const difference = findDifference(expected, actual, replaced)
    if (difference !== undefined) throw mismatch(path, `differs in ${difference}`)
    if (replaced === undefined && expected.shared !== undefined) {
      // Paths that shared a file must still share one.
      const first = firsts.get(expected.shared)
      if (first === undefined) firsts.set(expected.shared, path)
      else if (result.tree.get(first)?.shared !== actual.shared)
        throw mismatch(path, `is no hard link to ${first}`)
    }
    if (expected.type !== 'file' || !rewritten.has(expected.layer)) continue
    const wanted = replaced === undefined ? await digest(source, expected, signal) : hash(replaced)
    if ((await digest(result, actual, signal)) !== wanted) throw mismatch(path, 'differs in content')
  }
}

function findDifference(
  expected: TreeNode,
  actual: TreeNode,
  replaced: Uint8Array | undefined,
): string | undefined {
  for (const field of ['type', 'mode', 'uid', 'gid', 'mtime', 'linkTarget'] as const) {
    if (expected[field] !== actual[field]) return field
  }
  if ((replaced?.length ?? expected.size) !== actual.size) return 'size'
  for (const field of ['deviceMajor', 'deviceMinor'] as const) {
    if (expected.shared?.inode[field] !== actual.shared?.inode[field]) return field
  }
  if (expected.xattrs.size !== actual.xattrs.size) return 'xattrs'
  for (const [name, value] of expected.xattrs) {
    const other = actual.xattrs.get(name)
    if (other === undefined || Buffer.compare(value, other) !== 0) return `xattr ${name}`
  }
  return undefined
}

async function digest(
  image: Pick<OpenedImage, 'readContent'>,
  node: TreeNode,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (node.shared === undefined) return undefined
  const running = createHash('sha256')
  for await (const chunk of image.readContent(node.shared.inode, signal)) running.update(chunk)
  return running.digest('hex')
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

function mismatch(path: string, what: string): ImageError {
  return new ImageError('REWRITE_MISMATCH', `rewritten image: ${JSON.stringify(path)} ${what}`, { path })
}
