import type { FileNode, FileTree } from '@sallyport/image'
import { findLibraryNames } from '../elf/find-strings.ts'
import { isLibrary, type LibrarySearch } from '../elf/library-search.ts'
import type { ScriptParser } from '../shell/parse-script.ts'
import { linksInParents, type TreeView } from '../tree-view.ts'
import { namesOfCLibrary } from './c-library.ts'
import type { FileContent, FileContents } from './file-contents.ts'
import { filesBelow } from './folder-files.ts'
import { isGenerated, isIndexFile } from './ignored-paths.ts'
import { runtimeFiles } from './runtimes.ts'
import type { EdgesOf } from './usage-graph.ts'
import type { UsageEdge, UsageEdgeKind } from './usage.ts'

/** What the edges of a file are found with. */
export interface EdgeContext {
  readonly tree: FileTree
  readonly contents: FileContents
  readonly libraries: LibrarySearch
  readonly scripts: ScriptParser
  /** Folders of the image's PATH. */
  readonly searchPath: readonly string[]
  /** Paths that packages own. */
  readonly owned: ReadonlySet<string>
}

type Add = (kind: UsageEdgeKind, certain: boolean, path: string, proof?: string) => void

/** Makes the function that finds the edges leaving a file. */
export function createEdgeFinder(context: EdgeContext): EdgesOf {
  const { tree, contents } = context
  return async (path) => {
    const node = tree.get(path)
    if (!node) return []
    const edges: UsageEdge[] = []
    const add: Add = (kind, certain, to, proof) => {
      if (to !== path) edges.push({ kind, from: path, to, certain, proof })
    }
    if (node.type === 'symlink') {
      addLinkTarget(tree, node, add)
      return edges
    }
    if (node.type !== 'file' || isIndexFile(path)) return edges
    const content = await contents.read(node)
    switch (content.type) {
      case 'elf':
        await addElfEdges(context, node, content, add)
        break
      case 'script':
        await addScriptEdges(context, node, content, add)
        break
      case 'text':
        // A program without `#!` is run by the shell that starts it.
        if ((node.mode & 0o111) !== 0 || /\.(?:sh|bash)$/.test(path))
          await addShellEdges(context, node, content.text, add, new Set([path]))
        if (isConfiguration(path)) addConfigurationEdges(context, node, content.text, add)
        else addPaths(tree, content.text, add)
        break
      case 'other':
      case 'unknown':
        break
    }
    if (!context.owned.has(path) && (content.type === 'text' || content.type === 'script'))
      addQuotedCommands(context, content.text, add)
    addRuntime(tree, path, add)
    return edges
  }
}

/** Adds the file that a name leads to: the links in its parents and the last one, each as an edge of its own. */
export function addNamed(tree: FileTree, name: string, add: (path: string) => void): boolean {
  const first = tree.resolve(name, { followLast: false })
  if (!first || first.type === 'directory') return false
  if (first.path !== name) for (const { path } of linksInParents(tree, name)) add(path)
  add(first.path)
  return true
}

/** Finds a command as a shell does: by path, or in the folders of PATH. */
export function findCommand(
  tree: TreeView,
  searchPath: readonly string[],
  word: string,
): FileNode | undefined {
  const candidates = word.includes('/')
    ? word.startsWith('/')
      ? [word]
      : []
    : searchPath.map((folder) => `${folder}/${word}`)
  for (const candidate of candidates) {
    const end = tree.resolve(candidate)
    if (end?.type === 'file' && (end.mode & 0o111) !== 0)
      return tree.resolve(candidate, { followLast: false })
  }
  return undefined
}

function addLinkTarget(tree: FileTree, { path, linkTarget }: FileNode, add: Add): void {
  const folder = path.slice(0, path.lastIndexOf('/'))
  const target = linkTarget!.startsWith('/') ? linkTarget! : `${folder}/${linkTarget}`
  if (addNamed(tree, target, (to) => add('symlink', true, to, linkTarget))) return
  const end = tree.resolve(target)
  if (end?.type !== 'directory' || isGenerated(path)) return
  for (const to of filesBelow(tree, end.path)) add('symlink', false, to, linkTarget)
}

async function addElfEdges(
  { tree, libraries, searchPath }: EdgeContext,
  node: FileNode,
  { elf, names: all }: Extract<FileContent, { type: 'elf' }>,
  add: Add,
): Promise<void> {
  const names = namesOfCLibrary(elf.soname, all, (path) => tree.resolve(path)?.type === 'directory')
  if (elf.interpreter) addNamed(tree, elf.interpreter, (to) => add('interpreter', true, to, elf.interpreter))
  const addLibrary = (kind: UsageEdgeKind, certain: boolean, name: string) => {
    const at = libraries.locate(tree, { path: node.path, elf }, name)
    if (at === undefined) return
    add(kind, certain, tree.resolve(at)!.path, name)
    // The name that is looked up may be a link, which must stay as well.
    addNamed(tree, at, (to) => add(kind, certain, to, name))
  }
  for (const name of elf.needed) addLibrary('needed', true, name)
  if (elf.startsShell) addNamed(tree, '/bin/sh', (to) => add('popen', true, to, 'popen, system or wordexp'))
  for (const name of names.libraries)
    if (!elf.needed.includes(name) && name !== elf.soname) addLibrary('dlopen', false, name)
  for (const path of names.paths) {
    const end = tree.resolve(path)
    if (!end || isIndexFile(end.path)) continue
    if (end.type !== 'directory') {
      addNamed(tree, path, (to) => add('path-string', false, to, path))
      continue
    }
    // A folder of plugins; the folders of all libraries are none.
    const isSearched = libraries.folders.some((folder) => tree.resolve(folder)?.path === end.path)
    if (isSearched || searchPath.includes(end.path)) continue
    addPlugins(tree, end.path, 2, (to) => add('dlopen', false, to, path))
  }
}

const maxPlugins = 5_000

function addPlugins(tree: FileTree, folder: string, depth: number, add: (path: string) => void): void {
  for (const { path, type } of tree.children(folder).slice(0, maxPlugins)) {
    if (type !== 'directory') {
      if (isLibrary(path)) add(path)
    } else if (depth > 0) addPlugins(tree, path, depth - 1, add)
  }
}

async function addScriptEdges(
  context: EdgeContext,
  node: FileNode,
  { interpreter, text }: Extract<FileContent, { type: 'script' }>,
  add: Add,
): Promise<void> {
  const { tree, searchPath } = context
  for (const word of interpreter) {
    const found = findCommand(tree, searchPath, word)
    if (!found) continue
    add('shebang', true, found.path, `#!${interpreter.join(' ')}`)
    if (word.startsWith('/')) addNamed(tree, word, (to) => add('shebang', true, to, word))
  }
  if (interpreter.some(isShell)) await addShellEdges(context, node, text, add, new Set([node.path]))
  else addPaths(tree, text, add)
}

const isShell = (word: string) => /(?:^|\/)(?:sh|bash|dash|ash|ksh|zsh)$/.test(word)

/** Edges of a shell script, and of the files that it reads in: what these name is used by it. */
async function addShellEdges(
  context: EdgeContext,
  { path }: FileNode,
  text: string,
  add: Add,
  seen: Set<string>,
): Promise<void> {
  const sourced: FileNode[] = []
  addShellWords(context, text, path.slice(0, path.lastIndexOf('/')), (kind, certain, to, proof) => {
    add(kind, certain, to, proof)
    const end = kind === 'sourced' ? context.tree.resolve(to) : undefined
    if (end?.type === 'file' && !seen.has(end.path)) sourced.push(end)
  })
  for (const file of sourced) {
    if (seen.has(file.path) || seen.size > maxSourced) continue
    seen.add(file.path)
    const content = await context.contents.read(file)
    if (content.type === 'text' || content.type === 'script')
      await addShellEdges(context, file, content.text, add, seen)
  }
}

const maxSourced = 200

/** Edges of the words of a shell script: commands, sourced files and paths. `folder`: where it lies. */
export function addShellWords(
  { tree, scripts, searchPath }: Pick<EdgeContext, 'tree' | 'scripts' | 'searchPath'>,
  text: string,
  folder: string,
  add: Add,
): void {
  for (const { text: word, line, role, isCertain } of scripts.words(text)) {
    const proof = `${word}, line ${line}`
    if (role === 'source') {
      const names = word.startsWith('/')
        ? [word]
        : [...searchPath.map((at) => `${at}/${word}`), `${folder}/${word}`]
      for (const name of names) addNamed(tree, name, (to) => add('sourced', false, to, proof))
    }
    const command = findCommand(tree, searchPath, word)
    if (command) {
      add('shell-word', isCertain, command.path, proof)
      if (word.startsWith('/')) addNamed(tree, word, (to) => add('shell-word', isCertain, to, proof))
    } else if (word.includes('/')) {
      for (const [path] of `${word.startsWith('/') ? '' : ' '}${word}`.matchAll(pathPattern))
        addNamed(tree, path, (to) => add('path-string', false, to, proof))
      if (!word.startsWith('/'))
        addNamed(tree, `${folder}/${word}`, (to) => add('path-string', false, to, proof))
    }
  }
}

const startsPrograms =
  /\b(?:subprocess|p?[oO]pen[23]|popen|Popen|child_process|spawn\w*|exec[lv]\w*|execFile\w*|proc_open|shell_exec|passthru|system\s*\(|Open3|ProcessBuilder)/

/** Names of commands in quotes, as in the source of programs that start others. */
function addQuotedCommands({ tree, searchPath }: EdgeContext, text: string, add: Add): void {
  if (!startsPrograms.test(text)) return
  const seen = new Set<string>()
  for (const [, word] of text.matchAll(/["'`]([a-z][\w.+-]{1,40})(?=["'`\s])/g)) {
    if (seen.has(word!) || seen.size >= maxPaths) continue
    seen.add(word!)
    const command = findCommand(tree, searchPath, word!)
    if (command) add('shell-word', false, command.path, word)
  }
}

const isConfiguration = (path: string) =>
  path.startsWith('/etc/') || /\.(?:conf|cfg|cnf|ini|service|inc|list)$/.test(path)

const pathPattern = /(?<![\w.-])\/(?:[\w.+@~-]{1,255}\/){0,32}[\w.+@~*?-]{1,255}/g
const maxPaths = 5_000
const maxGlobMatches = 500

function addPaths(tree: FileTree, text: string, add: Add, kind: UsageEdgeKind = 'path-string'): void {
  let count = 0
  for (const [path] of text.matchAll(pathPattern)) {
    if (++count > maxPaths) return
    if (path.includes('*') || path.includes('?')) {
      for (const match of expandGlob(tree, path)) if (!isIndexFile(match)) add(kind, false, match, path)
    } else {
      const name = path.endsWith('.') ? path.slice(0, -1) : path
      addNamed(tree, name, (to) => {
        if (!isIndexFile(to)) add(kind, false, to, path)
      })
    }
  }
}

/** Files that a pattern in the last part of a path names. */
function expandGlob(tree: FileTree, pattern: string): readonly string[] {
  const slash = pattern.lastIndexOf('/')
  const folder = tree.resolve(pattern.slice(0, slash))
  if (folder?.type !== 'directory' || pattern.slice(0, slash).includes('*')) return []
  // One unknown character is taken as any number of them.
  const parts = pattern.slice(slash + 1).split(/[*?]/)
  return tree
    .children(folder.path)
    .filter(
      ({ path, type }) => type !== 'directory' && matchesParts(path.slice(path.lastIndexOf('/') + 1), parts),
    )
    .slice(0, maxGlobMatches)
    .map(({ path }) => path)
}

function matchesParts(name: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts
  if (!name.startsWith(first)) return false
  let at = first.length
  for (const [index, part] of rest.entries()) {
    if (index === rest.length - 1) return name.length - at >= part.length && name.endsWith(part)
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at === name.length
}

function addConfigurationEdges(
  { tree, libraries }: EdgeContext,
  { path }: FileNode,
  text: string,
  add: Add,
): void {
  addPaths(tree, text, add, 'config-include')
  // Modules named without their folder: PAM stacks, name service switches, load_module of nginx and the like.
  const words = new Set(findLibraryNames(text))
  if (path === '/etc/nsswitch.conf') {
    for (const [, services] of text.matchAll(/^\s*\w+:(.*)$/gm)) {
      for (const service of services!.match(/[a-z]\w*/g) ?? []) words.add(`libnss_${service}.so.2`)
    }
  }
  const folders = [
    ...libraries.folders,
    ...libraries.folders.map((folder) => `${folder}/security`),
    '/usr/lib/nginx',
    '/usr/share/nginx',
  ]
  for (const word of [...words].slice(0, maxPaths)) {
    if (word.startsWith('/')) continue
    for (const folder of folders) {
      if (addNamed(tree, `${folder}/${word}`, (to) => add('config-include', false, to, word))) break
    }
  }
}

function addRuntime(tree: FileTree, path: string, add: Add): void {
  const belongs = runtimeFiles(path)
  if (!belongs) return
  for (const node of tree.entries()) {
    if (node.type !== 'directory' && belongs(node.path) && !node.path.endsWith('.pyc'))
      add('runtime', false, node.path)
  }
}
