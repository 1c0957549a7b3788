import type { FileNode, Image } from '@sallyport/image'
import type { Violation } from './invariant.ts'

/** Paths that are meant to be other than they were. */
export interface MeantChanges {
  readonly removed: ReadonlySet<string>
  readonly changed: ReadonlySet<string>
  readonly added: ReadonlySet<string>
}

/** I7: exactly the paths that were meant to leave are gone, only those meant are new, and other content is as it was. */
export function compareFiles(
  { tree: before }: Pick<Image, 'tree'>,
  { tree: after }: Pick<Image, 'tree'>,
  changed: ReadonlySet<string>,
  meant: MeantChanges,
): readonly Violation[] {
  const violations: Violation[] = []
  const report = (at: string, what: string) => violations.push({ message: `${at} ${what}`, at, path: at })
  for (const { path, type } of before.entries()) {
    const is = after.get(path)
    if (!is) {
      if (!meant.removed.has(path)) report(path, 'is gone')
    } else if (meant.removed.has(path) && !meant.added.has(path)) report(path, 'is still there')
    else if (meant.added.has(path)) continue
    else if (is.type !== type) report(path, 'is of another type')
    else if (changed.has(path) && !meant.changed.has(path)) report(path, 'has other content')
  }
  for (const { path } of after.entries())
    if (!before.get(path) && !meant.added.has(path)) report(path, 'is new')
  return violations
}

/**
 * Regular files of both images whose content differs. Files of a layer that both images have are the same; others are
 * read and compared.
 */
export async function findChangedFiles(
  before: Image,
  after: Image,
  signal?: AbortSignal,
): Promise<ReadonlySet<string>> {
  const changed = new Set<string>()
  for (const node of after.tree.entries()) {
    const was = node.type === 'file' ? before.tree.get(node.path) : undefined
    if (was?.type !== 'file') continue
    if (before.layers[was.layer]?.diffId === after.layers[node.layer]?.diffId) continue
    if (was.size !== node.size || !(await isSame(before, was, after, node, signal))) changed.add(node.path)
  }
  return changed
}

async function isSame(
  before: Image,
  was: FileNode,
  after: Image,
  is: FileNode,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const length = 1024 * 1024
  for (let offset = 0; offset < is.size; offset += length) {
    const [one, other] = await Promise.all([
      before.readRange(was, { offset, length }, { signal }),
      after.readRange(is, { offset, length }, { signal }),
    ])
    if (Buffer.compare(one, other) !== 0) return false
  }
  return true
}

/** Files of another size. For images of `rewriteImage` that is enough: the rest was compared byte by byte when it was written. */
export function findResized(
  { tree: before }: Pick<Image, 'tree'>,
  { tree: after }: Pick<Image, 'tree'>,
): ReadonlySet<string> {
  const resized = new Set<string>()
  for (const { path, size } of after.entries()) {
    const was = before.get(path)
    if (was && was.size !== size) resized.add(path)
  }
  return resized
}
