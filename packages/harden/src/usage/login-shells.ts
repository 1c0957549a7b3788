import type { FileTree } from '@sallyport/image'
import type { AddEdge } from './add-edge.ts'
import { addNamed } from './find-command.ts'

/** What every shell runs when it is a login shell, and no shell runs that a program or script starts. */
const profile = '/etc/profile'
const starters = /\/(?:login|su|runuser|sshd|agetty|getty|mingetty)$/
const shells = /(?:^|\/)(?:sh|bash|dash|ash|ksh\w*|mksh|zsh|busybox)$/

/** Whether a program is a shell, by its name. */
export const isShellProgram = (name: string): boolean => shells.test(name)

/** Whether a shell names a file only because a login shell reads it (sh(1), bash(1): INVOCATION). */
export const isLoginOnly = (program: string, named: string): boolean =>
  named === profile && isShellProgram(program)

/** Whether words of a command make a shell a login shell. */
export function startsLoginShell(words: readonly string[]): boolean {
  const shell = words.findIndex(isShellProgram)
  return shell >= 0 && words.slice(shell + 1).some((word) => /^(?:-[a-z]*l[a-z]*|--login)$/.test(word))
}

/** The edge of programs that start login shells. */
export function addProfile(tree: FileTree, proof: string, add: AddEdge): void {
  addNamed(tree, profile, (to) => add('sourced', false, to, proof))
}

/** Whether a program starts login shells for people. */
export const startsLogins = (path: string): boolean => starters.test(path)
