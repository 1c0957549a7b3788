import type { Comparison } from './comparison.ts'
import type { Violation } from './invariant.ts'
import type { ComparedProgram } from './read-programs.ts'

/** I4: a program that may be used and that starts a shell (`popen`, `system`, `wordexp`) has one, where there was one. */
export function findLostShells(
  { before, after, isUsed }: Comparison,
  programs: readonly ComparedProgram[],
): readonly Violation[] {
  const shell = before.image.tree.resolve('/bin/sh')
  if (!shell || after.image.tree.resolve('/bin/sh')) return []
  return programs
    .filter(({ node, content }) => content.type === 'elf' && content.elf.startsShell && isUsed(node.path))
    .map(({ node: { path } }) => ({ message: `${path} starts a shell`, at: path, path: shell.path }))
}
