import { findCommand } from '../usage/find-command.ts'
import { searchPathOf } from '../usage/find-roots.ts'
import type { Comparison } from './comparison.ts'
import type { Violation } from './invariant.ts'
import type { ComparedProgram } from './read-programs.ts'

/** I3: the interpreter of each script that may be used is there, and what `env` starts. */
export function findLostInterpreters(
  { before: { image: before }, after: { image: after }, isUsed }: Comparison,
  programs: readonly ComparedProgram[],
): readonly Violation[] {
  const violations: Violation[] = []
  const searchPath = searchPathOf(after)
  for (const { node, content, was: old } of programs) {
    if (content.type !== 'script' || (node.mode & 0o111) === 0 || !isUsed(node.path)) continue
    for (const word of content.interpreter) {
      const named = findCommand(before.tree, searchPathOf(before), word)
      const end = named && before.tree.resolve(named.path)
      const isThere =
        findCommand(after.tree, searchPath, word) && (!named || after.tree.resolve(named.path) !== undefined)
      const isNew = old !== undefined && !(old.type === 'script' && old.interpreter.includes(word))
      if (!isThere && (end || isNew))
        violations.push({ message: `${node.path} is run by ${word}`, at: node.path, path: end?.path })
    }
  }
  return violations
}
