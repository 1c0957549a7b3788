import { type CheckContext, type CheckFinding, describeUse, useOf } from '../check-context.ts'

/** Setuid and setgid programs (folders pass their group on with setgid, which is no privilege). */
export function checkSetuid(context: CheckContext): readonly CheckFinding[] {
  const { nodes, analysis, options } = context
  const files = nodes.filter(({ type, mode }) => type === 'file' && (mode & 0o6000) !== 0)
  const used = new Map<string, string>()
  for (const { path, hardlinkTo } of files) {
    if (analysis.graph.usageOf(path) === 'present') continue
    const edge = useOf(context, path)
    // Hard links share the mode: what one of them needs, all keep.
    used.set(hardlinkTo ?? path, edge === undefined ? 'no package owns it' : describeUse(edge))
  }
  return files
    .filter(({ path }) => !options.allowSetuid.has(path))
    .map(({ path, mode, hardlinkTo }) => ({
      subject: path,
      detail: `${(mode & 0o4000) !== 0 ? 'setuid' : 'setgid'} program, mode ${mode.toString(8)}`,
      blocked: used.get(hardlinkTo ?? path),
      changes: [{ change: 'attributes', path, clear: 0o6000 }],
    }))
}

/** Programs with capabilities of their own, which scanners for setuid bits do not see. */
export function checkCapabilities({ nodes }: CheckContext): readonly CheckFinding[] {
  return nodes
    .filter(({ xattrs }) => xattrs.has('security.capability'))
    .map(({ path }) => ({ subject: path, detail: 'the program has capabilities of its own' }))
}
