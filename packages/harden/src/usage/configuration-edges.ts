import { findLibraryNames } from '../elf/find-strings.ts'
import type { AddEdge, EdgeContext } from './edge-context.ts'
import { addNamed, findCommand } from './find-command.ts'
import { addPaths } from './path-edges.ts'
import { withoutConfigurationComments } from './without-comments.ts'

/** Whether a text tells a program what to do. */
export const isConfiguration = (path: string): boolean =>
  path.startsWith('/etc/') || /\.(?:conf|cfg|cnf|ini|service|inc|list)$/.test(path)

const maxNames = 5_000
/** `command tool -x`, `external-check command tool`, `command=tool`. */
const commandLine = /^[ \t]*(?:[\w-]{1,40}[ \t]+)?command(?:[ \t]*=[ \t]*|[ \t]+)["']?([\w.+-]+)/gm

/** Edges of a configuration: files it includes, modules it names without their folder. */
export function addConfigurationEdges(
  { tree, libraries, searchPath }: Pick<EdgeContext, 'tree' | 'libraries' | 'searchPath'>,
  path: string,
  whole: string,
  add: AddEdge,
): void {
  const text = withoutConfigurationComments(whole)
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
  for (const word of [...words].slice(0, maxNames)) {
    if (word.startsWith('/')) continue
    for (const folder of folders) {
      if (addNamed(tree, `${folder}/${word}`, (to) => add('config-include', false, to, word))) break
    }
  }
  for (const [, word] of text.matchAll(commandLine)) {
    const command = findCommand(tree, searchPath, word!)
    if (command) add('shell-word', false, command.path, word)
  }
  if (path.startsWith('/etc/pam.d/')) addPamIncludes({ tree }, text, add)
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
