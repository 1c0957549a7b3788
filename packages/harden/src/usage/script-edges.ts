import type { FileNode, FileTree } from '@sallyport/image'
import type { ScriptWord } from '../shell/parse-script.ts'
import type { AddEdge } from './add-edge.ts'
import type { EdgeContext } from './edge-context.ts'
import type { FileContent } from './file-contents.ts'
import { filesByName } from './files-by-name.ts'
import { addNamed, findCommand } from './find-command.ts'
import { addProfile, isShellProgram, startsLoginShell } from './login-shells.ts'
import { addPaths, expandGlob, pathPattern } from './path-edges.ts'
import { isLibraryCode } from './source-code.ts'

/** Edges of a script: its interpreter, and what its text names. */
export async function addScriptEdges(
  context: EdgeContext,
  node: FileNode,
  { interpreter, text }: Extract<FileContent, { type: 'script' }>,
  add: AddEdge,
): Promise<void> {
  const { tree, searchPath } = context
  // A module is read by its interpreter, whatever its first line says, unless it may be run.
  const isOnlyRead = (node.mode & 0o111) === 0 && isLibraryCode(node.path)
  for (const word of isOnlyRead ? [] : interpreter) {
    const found = findCommand(tree, searchPath, word)
    if (!found) continue
    add('shebang', true, found.path, `#!${interpreter.join(' ')}`)
    if (word.startsWith('/')) addNamed(tree, word, (to) => add('shebang', true, to, word))
  }
  if (interpreter.some(readsWords)) await addShellEdges(context, node, text, add, new Set([node.path]))
  else addPaths(tree, isOnlyRead ? text.replace(/^#![^\n]*/, '') : text, add)
}

/** Shells, and execline, whose scripts are words of commands as well. */
const readsWords = (word: string) => isShellProgram(word) || /(?:^|\/)(?:execlineb|with-contenv)$/.test(word)

const maxSourced = 200

/** Edges of a shell script, and of the files that it reads in: what these name is used by it. */
export async function addShellEdges(
  context: EdgeContext,
  { path }: Pick<FileNode, 'path'>,
  text: string,
  add: AddEdge,
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

/** Edges of the words of a shell script: commands, sourced files and paths. `folder`: where it lies. */
export function addShellWords(
  { tree, scripts, searchPath }: Pick<EdgeContext, 'tree' | 'scripts' | 'searchPath'>,
  text: string,
  folder: string,
  add: AddEdge,
): void {
  const words = scripts.words(text)
  const hasBuiltins = !isReadByOther(tree, text)
  for (const { text: word, line, role, isCertain } of words) {
    const proof = `${word.slice(0, 200)}, line ${line}`
    if (role === 'source') {
      const names = word.startsWith('/')
        ? [word]
        : [...searchPath.map((at) => `${at}/${word}`), `${folder}/${word}`]
      const found = names.filter((name) => addNamed(tree, name, (to) => add('sourced', false, to, proof)))
      // Its folder is in a variable.
      if (found.length === 0 && !word.includes('/'))
        for (const name of filesByName(tree, word)) add('sourced', false, name, proof)
    }
    const isNoFile = role === 'builtin' ? hasBuiltins : role === 'data' && !word.includes('/')
    const command = isNoFile ? undefined : findCommand(tree, searchPath, word)
    if (command) {
      add('shell-word', isCertain, command.path, proof)
      if (word.startsWith('/')) addNamed(tree, word, (to) => add('shell-word', isCertain, to, proof))
    } else if (word.includes('/')) {
      for (const [path] of word.matchAll(pathPattern)) {
        const files = /[*?]/.test(path) ? expandGlob(tree, path) : [path]
        for (const file of files) addNamed(tree, file, (to) => add('path-string', false, to, proof))
      }
      if (!word.startsWith('/'))
        addNamed(tree, `${folder}/${word}`, (to) => add('path-string', false, to, proof))
    }
  }
  if (hasLoginShell(words)) addProfile(tree, 'a login shell', add)
}

const fewBuiltins = /(?:^|\/)(?:execlineb|with-contenv|mksh|lksh|posh)\b/

/** Whether a script is read by a program that starts another one even for `printf` or `test`. */
function isReadByOther(tree: FileTree, text: string): boolean {
  const [, program = '/bin/sh'] = /^#!\s*([^\n]*)/.exec(text) ?? []
  return fewBuiltins.test(program) || fewBuiltins.test(tree.resolve(program.split(/\s/)[0]!)?.path ?? '')
}

/** Whether a shell is started with `-l`, by words of one line. */
function hasLoginShell(words: readonly ScriptWord[]): boolean {
  return words.some(
    ({ text, line }, index) =>
      isShellProgram(text) &&
      startsLoginShell(
        words.slice(index, index + 8).flatMap((word) => (word.line === line ? [word.text] : [])),
      ),
  )
}

/** A program without `#!` is run by the shell that starts it; sources of other languages are run by their interpreters. */
export const isRunByShell = ({ path, mode }: Pick<FileNode, 'path' | 'mode'>): boolean =>
  /\.(?:sh|bash)$/.test(path) ||
  ((mode & 0o111) !== 0 &&
    !/\.(?:[cm]?[jt]sx?|py[iw]?|rb|p[lm]|php|lua|tcl|json|md|txt|html?|css|scss|map|ya?ml|toml|xml|svg|rst|c|h|cc|cpp|hpp|go|rs|java|csv|properties|conf|cfg|ini)$/.test(
      path,
    ))
