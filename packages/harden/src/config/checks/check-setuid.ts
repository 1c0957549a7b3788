import { capabilityAttribute, type FileNode, parseFileCapabilities } from '@sallyport/image'
import {
  type CheckContext,
  type CheckFinding,
  type ConfigChange,
  describeUse,
  useOf,
} from '../check-context.ts'

const setuid = 0o4000
const setuidOrSetgid = 0o6000

/** Setuid and setgid programs (folders pass their group on with setgid, which is no privilege). */
export function checkSetuid(context: CheckContext): readonly CheckFinding[] {
  return findPrivileged(
    context,
    ({ mode }) => (mode & setuidOrSetgid) !== 0,
    ({ mode }) => `${(mode & setuid) !== 0 ? 'setuid' : 'setgid'} program, mode ${mode.toString(8)}`,
    ({ path }) => ({ change: 'attributes', path, clear: setuidOrSetgid }),
  )
}

/** Programs with capabilities of their own, which scanners for setuid bits do not see. */
export function checkCapabilities(context: CheckContext): readonly CheckFinding[] {
  return findPrivileged(
    context,
    ({ xattrs }) => xattrs.has(capabilityAttribute),
    ({ xattrs }) => `program with capabilities of its own: ${describeCapabilities(xattrs)}`,
    ({ path }) => ({ change: 'attributes', path, withoutXattr: capabilityAttribute }),
  )
}

/** Files that give privileges to whoever runs them; those in use keep them. */
function findPrivileged(
  context: CheckContext,
  isPrivileged: (node: FileNode) => boolean,
  describe: (node: FileNode) => string,
  changeOf: (node: FileNode) => ConfigChange,
): readonly CheckFinding[] {
  const { nodes, analysis, options } = context
  const files = nodes.filter((node) => node.type === 'file' && isPrivileged(node))
  const used = new Map<string, string>()
  for (const { path, hardlinkTo } of files) {
    if (analysis.graph.usageOf(path) === 'present') continue
    const edge = useOf(context, path)
    // Hard links share their metadata: what one of them needs, all keep.
    used.set(hardlinkTo ?? path, edge === undefined ? 'no package owns it' : describeUse(edge))
  }
  return files
    .filter(({ path }) => !options.allowSetuid.has(path))
    .map((node) => ({
      subject: node.path,
      detail: describe(node),
      blocked: used.get(node.hardlinkTo ?? node.path),
      changes: [changeOf(node)],
    }))
}

function describeCapabilities(xattrs: FileNode['xattrs']): string {
  const found = parseFileCapabilities(xattrs.get(capabilityAttribute)!)
  if (!found) return 'of a form that is not known'
  const { permitted, inheritable } = found
  const sets = [...permitted, ...inheritable.map((name) => `${name} (inheritable)`)]
  return sets.length === 0 ? 'none' : sets.join(', ')
}
