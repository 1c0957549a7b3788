import type { FileNode, Image } from '@sallyport/image'
import { entryCommands } from '../usage/entry-commands.ts'
import { findCommand } from '../usage/find-command.ts'
import { searchPathOf } from '../usage/find-roots.ts'
import type { Comparison } from './comparison.ts'
import type { Violation } from './invariant.ts'

/** I3, commands: entry point, health check and declared commands lead where they did. */
export function findLostCommands({
  before: { image: before },
  after: { image: after },
  commands,
}: Comparison): readonly Violation[] {
  return entryCommands(before.config, commands).flatMap(({ words: [first = ''] }) => {
    const was = find(before, first)
    const end = was && before.tree.resolve(was.path)
    return end && find(after, first)?.path !== was.path
      ? [{ message: `${first} is a command of the image`, at: was.path, path: end.path }]
      : []
  })
}

function find({ tree, config }: Image, word: string): FileNode | undefined {
  const searchPath = searchPathOf({ config })
  const folder = config.config?.WorkingDir || '/'
  return findCommand(tree, searchPath, word) ?? findCommand(tree, searchPath, `${folder}/${word}`)
}
