import type { AddEdge } from './add-edge.ts'
import type { EdgeContext } from './edge-context.ts'
import { findCommand } from './find-command.ts'

const startsPrograms =
  /(?:subprocess|p?[oO]pen[23]|popen|Popen|child_process|\bspawn\w*|\bexec[lv]\w*|\bexecFile\w*|proc_open|shell_exec|passthru|\bsystem\s*\(|Open3|ProcessBuilder)/
/** What an application's own code starts programs with besides: `exec "x"`, `system "x"`, `os.execute`, `which("x")`. */
const startsFromOwnCode =
  /\b(?:exec|system|execute|execa|spawn|which|invoke|fabric|plumbum|pexpect|zx|qx|Command|backticks|shelljs)\b|%x\W|=\s*`|\(`|\$`/
const anyQuoted = /["'`]([A-Za-z0-9][\w.+-]{1,40})(?=["'`\s])/g
/** First word of a list, of what a call is given, of a value, or between backquotes: there commands stand. */
const placed =
  /(?:\b(?:run|call|check_call|check_output|getoutput|getstatusoutput|popen\w*|Popen|system|spawn\w*|exec\w*|open[23]?|qx|capture\w*|passthru|proc_open|shell_exec|create_subprocess_\w+|which|ProcessBuilder|command|cmd|execute)[ \t]{0,4}[([{]?[ \t\n]{0,20}[([]?[ \t\n]{0,20}[rbfu]?["'`]|\[[ \t\n]{0,20}["']|\b\w{0,20}(?:cmd|command|exe|prog|program|binary|tool)\w{0,20}["']?[ \t]{0,4}(?:=|:|\+=)[ \t]{0,4}[([]?["'`]|[=(][ \t]{0,4}`|%x[({[]|-\|["'],[ \t]{0,4}["'])([A-Za-z0-9][\w.+-]{1,40})(?=["'`\s)])/g
/** A text in quotes that has several words: it may be one for a shell. */
const sentence = /"([^"\n]{3,2000})"|'([^'\n]{3,2000})'|`([^`]{3,2000})`|(?:%x|\bqx)[({[/|]([^\n]{3,2000})/g
const wrapper = /^(?:sudo|timeout|nice|nohup|exec|env|xargs|time|setsid|ionice|stdbuf|command)$/
const maxNames = 5_000
const maxWords = 20

/**
 * Names of commands in quotes, in source code that starts programs: all of them in an application's own code, also
 * those further on in a text for a shell; those that stand where commands do in that of libraries, which have words for
 * everything.
 */
export function addQuotedCommands(
  { tree, searchPath }: Pick<EdgeContext, 'tree' | 'searchPath'>,
  text: string,
  isOwnCode: boolean,
  add: AddEdge,
): void {
  if (!startsPrograms.test(text) && !(isOwnCode && startsFromOwnCode.test(text))) return
  const seen = new Set<string>()
  const take = (word: string) => {
    if (seen.has(word) || seen.size >= maxNames) return
    seen.add(word)
    const command = word === '' ? undefined : findCommand(tree, searchPath, word)
    if (command) add('shell-word', false, command.path, word)
  }
  for (const [, word] of text.matchAll(isOwnCode ? anyQuoted : placed)) take(word!)
  if (!isOwnCode) return
  for (const match of text.matchAll(sentence)) {
    const line = match.slice(1).find((part) => part !== undefined)!
    for (const piece of line.split(/[;&|()`\n]/)) {
      const words = piece.trim().split(/\s+/, maxWords)
      for (const word of wrapper.test(words[0]!) ? words : words.slice(0, 1)) take(word)
    }
  }
}
