import type { FileNode, FileTree, Image } from '@sallyport/image'
import { isLibrary } from '../elf/library-search.ts'
import { HardenError } from '../errors.ts'
import type { ScriptParser } from '../shell/parse-script.ts'
import { linksInParents } from '../tree-view.ts'
import { entryCommands } from './entry-commands.ts'
import type { FileContents } from './file-contents.ts'
import { addNamed, findCommand } from './find-command.ts'
import { filesBelow } from './folder-files.ts'
import { isGenerated } from './ignored-paths.ts'
import type { ModuleSearch } from './imports/module-search.ts'
import { addProfile, isShellProgram, startsLoginShell } from './login-shells.ts'
import { findNpmScripts } from './npm-scripts.ts'
import { isInterpreter } from './runtimes.ts'
import { addShellWords } from './script-edges.ts'
import { expandSupervisor, isSupervisor } from './supervisors/expand-supervisor.ts'
import { importLanguageOf, isLibraryCode, isOwnCode } from './source-code.ts'
import type { UsageEdge, UsageEdgeKind } from './usage.ts'

const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** The folders of PATH as the image's configuration sets it. */
export function searchPathOf({ config }: Pick<Image, 'config'>): readonly string[] {
  const set = (config.config?.Env ?? []).find((entry) => entry.startsWith('PATH='))
  return (set?.slice('PATH='.length) ?? defaultPath).split(':').filter((folder) => folder.startsWith('/'))
}

/** What the entries of an image are found with. */
export interface EntryContext {
  readonly scripts: ScriptParser
  readonly contents: FileContents
  readonly modules: ModuleSearch
}

/**
 * Where use begins: the commands of the image.
 *
 * @throws {HardenError} `ENTRYPOINT_UNRESOLVED` when the image names no command, or one that it does not hold.
 */
export async function findEntries(
  { tree, config }: Pick<Image, 'tree' | 'config'>,
  { scripts, contents, modules }: EntryContext,
  extra: readonly (readonly string[])[] | undefined,
): Promise<readonly UsageEdge[]> {
  const searchPath = searchPathOf({ config })
  const commands = entryCommands(config, extra)
  if (!config.config?.Entrypoint?.length && !config.config?.Cmd?.length && !extra?.length) {
    throw new HardenError('ENTRYPOINT_UNRESOLVED', 'the image names neither an entry point nor a command')
  }
  const folder = config.config?.WorkingDir || '/'
  const entries = commands.map(async ({ words, shellText }) => {
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
    for (const { path } of linksInParents(tree, first.includes('/') ? named(first, folder) : program.path))
      edges.push({ kind: 'entry', from, to: path, certain: true })
    const addEntry = (_kind: UsageEdgeKind, certain: boolean, to: string, proof?: string) =>
      edges.push({ kind: 'entry', from, to, certain, proof })
    const passed = await findPassedOn(tree, contents, searchPath, folder, words)
    for (const word of [config.config?.WorkingDir ?? '', ...words.slice(1)]) {
      const end = tree.resolve(named(argumentValue(word) ?? '/', folder))
      if (end?.type === 'directory')
        for (const path of filesBelow(tree, end.path)) {
          if (isLibraryCode(path))
            edges.push({ kind: 'runtime', from, to: path, certain: false, proof: word })
          else addEntry('entry', false, path, word)
        }
    }
    for (const word of words.slice(1)) {
      const name = findArgument(tree, searchPath, folder, word)
      if (name) addNamed(tree, name, (to) => addEntry('entry', passed.has(word), to, word))
    }
    for (const path of await findModuleArgument(modules, folder, words)) addEntry('entry', true, path, '-m')
    if (startsLoginShell(words)) addProfile(tree, 'a login shell', addEntry)
    for (const supervisor of findSupervisors(tree, searchPath, words)) {
      const { commands: started, files } = await expandSupervisor({ tree, config }, contents, supervisor)
      for (const path of files) addNamed(tree, path, (to) => addEntry('entry', true, to, supervisor[0]))
      for (const text of started) addShellWords({ tree, scripts, searchPath }, text, folder, addEntry)
    }
    const run = [...words, ...(shellText?.split(/[\s;&|"']+/) ?? [])]
    for (const text of await findNpmScripts(tree, contents, folder, run))
      addShellWords({ tree, scripts, searchPath }, text, folder, addEntry)
    if (shellText) addShellWords({ tree, scripts, searchPath }, shellText, folder, addEntry)
    return edges
  })
  return (await Promise.all(entries)).flat()
}

/** Programs whose first argument that is a command is run in their place. */
const wrappers =
  /(?:^|\/)(?:tini(?:-static)?|dumb-init|catatonit|gosu|su-exec|setpriv|chpst|env|nice|nohup|stdbuf|timeout)$/
const passesOn = /(?:^|[\s;&|])exec\s+(?:[\w./-]+\s+)*"\$@"/m

/** The words of a command that it surely runs: after wrappers, and after scripts that end in `exec "$@"`. */
async function findPassedOn(
  tree: FileTree,
  contents: FileContents,
  searchPath: readonly string[],
  folder: string,
  words: readonly string[],
): Promise<ReadonlySet<string>> {
  const passed = new Set<string>()
  let current = words[0] ?? ''
  for (const word of words.slice(1)) {
    const name =
      findCommand(tree, searchPath, current) ?? findCommand(tree, searchPath, named(current, folder))
    const program = name && tree.resolve(name.path)
    const content = program && (await contents.read(program))
    const isWrapper = wrappers.test(current) || (content?.type === 'script' && passesOn.test(content.text))
    const runsSource = program && (isInterpreter(program.path) || isShellProgram(program.path))
    if (!isWrapper && !runsSource) break
    // What an interpreter is told with these is no file.
    if (!isWrapper && /^-[cem]$/.test(word)) break
    const next = word.startsWith('-') ? undefined : findArgument(tree, searchPath, folder, word)
    if (next === undefined) continue
    passed.add(word)
    current = word
  }
  return passed
}

/** The words from each supervisor on, by its own name or that of the file which the name leads to. */
export function findSupervisors(
  tree: FileTree,
  searchPath: readonly string[],
  words: readonly string[],
): readonly (readonly string[])[] {
  return words.flatMap((word, index) => {
    const name = supervisorName(tree, searchPath, word)
    return isSupervisor(name) ? [[name, ...words.slice(index + 1)]] : []
  })
}

function supervisorName(tree: FileTree, searchPath: readonly string[], word: string): string {
  const command = findCommand(tree, searchPath, word)
  const end = command && tree.resolve(command.path)?.path
  return end !== undefined && isSupervisor(end) ? end : command ? word : ''
}

/** `python -m package.module`: the module, or `__main__` of the package. */
async function findModuleArgument(
  modules: ModuleSearch,
  folder: string,
  words: readonly string[],
): Promise<readonly string[]> {
  const at = words.findIndex((word) => /(?:^|\/)(?:python|pypy)[\d.]*$/.test(word))
  const flag = at < 0 ? -1 : words.indexOf('-m', at)
  const name = flag < 0 ? undefined : words[flag + 1]
  if (name === undefined || !/^[\w.]+$/.test(name)) return []
  return modules.find('python', `${folder}/-`, { name, members: ['__main__'], isCertain: true })
}

const named = (word: string, folder: string) => (word.startsWith('/') ? word : `${folder}/${word}`)

const argumentValue = (word: string) => (word.startsWith('-') ? /^-[^/]*?=?(\/.*)$/.exec(word)?.[1] : word)

/** An argument that is a command (after a wrapper) or a file, also as the value of an option. */
function findArgument(
  tree: FileTree,
  searchPath: readonly string[],
  folder: string,
  word: string,
): string | undefined {
  const value = argumentValue(word)
  if (!value) return undefined
  const file = tree.resolve(named(value, folder))
  if (file && file.type !== 'directory') return named(value, folder)
  return findCommand(tree, searchPath, value)?.path
}

/** Files and libraries that variables of the configuration name, such as `LD_PRELOAD` or `SSL_CERT_FILE`. */
export function findVariables(
  { tree, config }: Pick<Image, 'tree' | 'config'>,
  folders: readonly string[],
): readonly UsageEdge[] {
  const edges: UsageEdge[] = []
  for (const variable of config.config?.Env ?? []) {
    const value = variable.slice(variable.indexOf('=') + 1)
    if (variable.startsWith('PATH=')) continue
    for (const word of value.split(/[:;,\s]+/)) {
      const names =
        variable.startsWith('LD_PRELOAD=') && !word.includes('/')
          ? folders.map((folder) => `${folder}/${word}`)
          : [word.replace(/^[^/]*=/, '')]
      for (const name of names) {
        if (!name.startsWith('/') || name.length < 2) continue
        const end = tree.resolve(name)
        if (end?.type === 'directory' && !folders.includes(end.path))
          for (const to of filesBelow(tree, end.path))
            edges.push({ kind: 'runtime', from: variable.slice(0, 200), to, certain: false, proof: word })
        addNamed(tree, name, (to) =>
          edges.push({ kind: 'entry', from: variable.slice(0, 200), to, certain: false, proof: word }),
        )
      }
    }
  }
  return edges
}

/** The folders of `LD_LIBRARY_PATH` as the image's configuration sets it. */
export const libraryPathOf = ({ config }: Pick<Image, 'config'>): readonly string[] =>
  foldersOf(config, 'LD_LIBRARY_PATH')

/** Where Python looks besides its own folders: `PYTHONPATH` and the working folder. */
export const pythonFoldersOf = ({ config }: Pick<Image, 'config'>): readonly string[] => [
  config.config?.WorkingDir || '/',
  ...foldersOf(config, 'PYTHONPATH'),
]

function foldersOf({ config }: Image['config'], variable: string): readonly string[] {
  const set = (config?.Env ?? []).find((entry) => entry.startsWith(`${variable}=`))
  return (set?.slice(variable.length + 1) ?? '').split(/[:;]/).filter((folder) => folder.startsWith('/'))
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
export function findUnowned(
  tree: FileTree,
  owned: ReadonlySet<string>,
  isBuilt: (link: FileNode) => boolean = () => false,
): UnownedFiles {
  const roots: UsageEdge[] = []
  const leaves: UsageEdge[] = []
  const names = hardLinks(tree)
  for (const node of tree.entries()) {
    const { path, type, mode, linkTarget } = node
    if (type === 'directory' || owned.has(path) || isGenerated(path)) continue
    if (type === 'symlink' && (linkTarget!.startsWith('/etc/alternatives/') || isBuilt(node))) continue
    const isModule = isLibraryCode(path) && importLanguageOf(path) !== undefined
    const leads =
      type === 'symlink' || ((mode & 0o111) !== 0 && !isModule) || isLibrary(path) || isOwnCode(path)
    ;(leads ? roots : leaves).push({ kind: 'unowned', from: path, to: path, certain: false })
    // Its bytes stay under this name: a package that has them under another would leave in name alone.
    for (const to of names.get(node.hardlinkTo ?? path) ?? [])
      if (to !== path) roots.push({ kind: 'unowned', from: path, to, certain: false, proof: 'hard link' })
  }
  return { roots, leaves }
}

/** All names of files that have more than one, by the first of them. */
function hardLinks(tree: FileTree): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>()
  for (const { path, hardlinkTo } of tree.entries()) {
    if (hardlinkTo === undefined) continue
    const known = names.get(hardlinkTo)
    if (known) known.push(path)
    else names.set(hardlinkTo, [hardlinkTo, path])
  }
  return names
}
