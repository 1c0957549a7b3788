import type { FileTree } from '@sallyport/image'
import { findLibraryNames } from '../elf/find-strings.ts'
import type { AddEdge } from './add-edge.ts'
import { configurationIn } from './configuration-folders.ts'
import type { EdgeContext } from './edge-context.ts'
import { addNamed, findCommand } from './find-command.ts'
import { isIndexFile } from './ignored-paths.ts'
import { addPaths, expandGlob } from './path-edges.ts'
import { withoutConfigurationComments } from './without-comments.ts'

/** Whether a text tells a program what to do. */
export const isConfiguration = (path: string): boolean =>
  path.startsWith('/etc/') || /\.(?:conf|cfg|cnf|ini|service|inc|list)$/.test(path)

const maxNames = 5_000

/** Edges of a configuration: files it includes, modules it names without their folder. */
export function addConfigurationEdges(
  { tree, libraries, searchPath }: Pick<EdgeContext, 'tree' | 'libraries' | 'searchPath'>,
  path: string,
  whole: string,
  add: AddEdge,
): void {
  const text = withoutConfigurationComments(whole)
  addPaths(tree, text, add, 'config-include')
  addIncludes(tree, path, text, add)
  for (const [, word] of text.matchAll(startedProgram)) {
    const command = findCommand(tree, searchPath, word!)
    if (command) add('shell-word', false, command.path, word)
  }
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
  for (const word of [...words].slice(0, maxNames)) {
    if (word.startsWith('/')) continue
    for (const folder of folders) {
      if (addNamed(tree, `${folder}/${word}`, (to) => add('config-include', false, to, word))) break
    }
  }
  if (path.startsWith('/etc/pam.d/')) addPamIncludes({ tree }, text, add)
}

/** `archive_command = 'gzip …'`, `exec: sh`: a program that is started by its name. */
const startedProgram =
  /^[ \t]*[\w.-]{0,60}(?:command|cmd|exec|program|hook|script)[ \t]{0,20}[=:][ \t]{0,20}["'|!]?([A-Za-z][\w.+-]{1,40})(?=["'\s]|$)/gim
const included =
  /^[ \t]*(?:[!@.]?include\w*|loadmodule[ \t]+\w+|load_module|source)[ \t=]+["']?([\w./+@~*?-]{1,255})/gim
const maxIncludes = 500

/** Folders that are included, and paths that are relative to a folder around the configuration. */
function addIncludes(tree: FileTree, path: string, text: string, add: AddEdge): void {
  let count = 0
  for (const [, name] of text.matchAll(included)) {
    if (++count > maxIncludes) return
    for (const place of name!.startsWith('/') ? [''] : foldersAround(path)) {
      const at = place === '' ? name! : `${place}/${name}`
      const files = /[*?]/.test(at) ? expandGlob(tree, at) : configurationIn(tree, at)
      for (const file of files) if (!isIndexFile(file)) add('config-include', false, file, name)
      const isFile = place !== '' && addNamed(tree, at, (to) => add('config-include', false, to, name))
      if (files.length > 0 || isFile) break
    }
  }
}

/** The folder of a file and those above it, up to the one below `/etc`. */
function foldersAround(path: string): readonly string[] {
  const folders: string[] = []
  for (let at = path.lastIndexOf('/'); at > 0 && folders.length < 4; at = path.lastIndexOf('/', at - 1))
    if (path.indexOf('/', 1) < at) folders.push(path.slice(0, at))
  return folders
}

/** `@include common-auth`, `auth include system-auth`, `auth substack system-auth` (pam.conf(5)). */
function addPamIncludes({ tree }: Pick<EdgeContext, 'tree'>, text: string, add: AddEdge): void {
  for (const [, first, second] of text.matchAll(
    /^[ \t]*(?:@include[ \t]+([\w.-]+)|-?\w+[ \t]+(?:include|substack)[ \t]+([\w.-]+))/gm,
  )) {
    const name = first ?? second!
    addNamed(tree, `/etc/pam.d/${name}`, (to) => add('config-include', false, to, name))
  }
}
