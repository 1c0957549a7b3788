import type { FileTree, Image } from '@sallyport/image'
import { HardenError } from '../errors.ts'
import type { ScriptParser } from '../shell/parse-script.ts'
import { entryCommands } from './entry-commands.ts'
import { addShellWords, findCommand } from './find-edges.ts'
import { isGenerated } from './ignored-paths.ts'
import type { UsageEdge } from './usage.ts'

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The folders of PATH as the image's configuration sets it. */
export function searchPathOf({ config }: Pick<Image, 'config'>): readonly string[] {
  const set = (config.config?.Env ?? []).find((entry) => entry.startsWith('PATH='))
  return (set?.slice('PATH='.length) ?? defaultPath).split(':').filter((folder) => folder.startsWith('/'))
}

/**
 * Where use begins: the commands of the image.
 *
 * @throws {HardenError} `ENTRYPOINT_UNRESOLVED` when the image names no command, or one that it does not hold.
 */
export function findEntries(
  { tree, config }: Pick<Image, 'tree' | 'config'>,
  scripts: ScriptParser,
  extra: readonly (readonly string[])[] | undefined,
): readonly UsageEdge[] {
  const searchPath = searchPathOf({ config })
  const commands = entryCommands(config, extra)
  if (!config.config?.Entrypoint?.length && !config.config?.Cmd?.length) {
    throw new HardenError('ENTRYPOINT_UNRESOLVED', 'the image names neither an entry point nor a command')
  }
  const folder = config.config?.WorkingDir || '/'
  return commands.flatMap(({ words, shellText }) => {
    const from = words.join(' ').slice(0, 200)
    const edges: UsageEdge[] = []
    const [first = ''] = words
    const program =
      findCommand(tree, searchPath, first) ?? findCommand(tree, searchPath, `${folder}/${first}`)
    if (!program) {
      throw new HardenError(
        'ENTRYPOINT_UNRESOLVED',
        `the image does not hold the command ${JSON.stringify(from)}`,
      )
    }
    edges.push({ kind: 'entry', from, to: program.path, certain: true })
    for (const word of words.slice(1)) {
      const found = findArgument(tree, searchPath, folder, word)
      if (found) edges.push({ kind: 'entry', from, to: found, certain: false, proof: word })
    }
    if (shellText) {
      addShellWords({ tree, scripts, searchPath }, shellText, (_kind, _certain, to, proof) =>
        edges.push({ kind: 'entry', from, to, certain: false, proof }),
      )
    }
    return edges
  })
}

/** An argument that is a command (after a wrapper) or a file. */
function findArgument(
  tree: FileTree,
  searchPath: readonly string[],
  folder: string,
  word: string,
): string | undefined {
  if (word === '' || word.startsWith('-')) return undefined
  const path = word.startsWith('/') ? word : `${folder}/${word}`
  const file = tree.resolve(path)
  if (file && file.type !== 'directory') return tree.resolve(path, { followLast: false })?.path
  return findCommand(tree, searchPath, word)?.path
}

/** Files that no package owns. */
export interface UnownedFiles {
  /** Programs, libraries, and links: what they need may be used. */
  readonly roots: readonly UsageEdge[]
  /** Data and configuration: it stays, but leads on only for a program that is used. */
  readonly leaves: readonly UsageEdge[]
}

/**
 * Files that no package owns stay in any case: what they need may be used, by someone that the entry point does not
 * tell of. What maintainer scripts generated is no reason to keep anything.
 */
export function findUnowned(tree: FileTree, owned: ReadonlySet<string>): UnownedFiles {
  const roots: UsageEdge[] = []
  const leaves: UsageEdge[] = []
  for (const { path, type, mode, linkTarget } of tree.entries()) {
    if (type === 'directory' || owned.has(path) || isGenerated(path)) continue
    if (type === 'symlink' && linkTarget!.startsWith('/etc/alternatives/')) continue
    const leads = type === 'symlink' || (mode & 0o111) !== 0 || /\.(?:so|node)(?:\.\d+)*$/.test(path)
    ;(leads ? roots : leaves).push({ kind: 'unowned', from: path, to: path, certain: false })
  }
  return { roots, leaves }
}
