import type { FileNode, Image } from '@sallyport/image'
import type { Violation } from './invariant.ts'

/**
 * I8: owner, mode, time, link target and extended attributes of each path that stays, but for `exceptions`; paths that
 * were written anew may have another time and target.
 */
export function compareMetadata(
  { tree: before }: Pick<Image, 'tree'>,
  { tree: after }: Pick<Image, 'tree'>,
  exceptions: ReadonlySet<string>,
  renewed: ReadonlySet<string> = new Set(),
): readonly Violation[] {
  const violations: Violation[] = []
  for (const node of after.entries()) {
    const was = exceptions.has(node.path) ? undefined : before.get(node.path)
    const what = was && was.type === node.type ? findDifference(was, node, renewed.has(node.path)) : undefined
    if (what) violations.push({ message: `${node.path} has another ${what}`, at: node.path })
  }
  return violations
}

function findDifference(was: FileNode, is: FileNode, isRenewed: boolean): string | undefined {
  if (was.mode !== is.mode) return `mode: ${is.mode.toString(8)} instead of ${was.mode.toString(8)}`
  if (was.uid !== is.uid || was.gid !== is.gid)
    return `owner: ${is.uid}:${is.gid} instead of ${was.uid}:${was.gid}`
  if (!isRenewed && was.mtime !== is.mtime) return 'time'
  if (!isRenewed && was.linkTarget !== is.linkTarget) return 'target'
  const isSame =
    was.xattrs.size === is.xattrs.size &&
    [...was.xattrs].every(([name, value]) => {
      const other = is.xattrs.get(name)
      return other !== undefined && Buffer.compare(value, other) === 0
    })
  return isSame ? undefined : 'set of extended attributes'
}
