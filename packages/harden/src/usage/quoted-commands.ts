import type { AddEdge, EdgeContext } from './edge-context.ts'
import { findCommand } from './find-command.ts'

const startsPrograms =
  /\b(?:subprocess|p?[oO]pen[23]|popen|Popen|child_process|spawn\w*|exec[lv]\w*|execFile\w*|proc_open|shell_exec|passthru|system\s*\(|Open3|ProcessBuilder)/
const anyQuoted = /["'`]([a-z][\w.+-]{1,40})(?=["'`\s])/g
/** First word of a list (no key: `names["stat"]`), of what a call is given, of a value, or between backquotes: there commands stand. */
const placed =
  /(?:\b(?:run|call|check_call|check_output|getoutput|getstatusoutput|popen\w*|Popen|system|spawn\w*|exec\w*|open[23]?|qx|capture\w*|passthru|proc_open|shell_exec|create_subprocess_\w+|which|ProcessBuilder|command|cmd|execute)[ \t]{0,4}[([{]?[ \t\n]{0,20}[([]?[ \t\n]{0,20}[rbfu]?["'`]|(?:(?<![\w$)\]])|(?<=\b(?:return|yield|await|case|in|of|and|or|not|else)))\[[ \t\n]{0,20}["']|\b\w{0,20}(?:cmd|command|exe|prog|program|binary|tool)\w{0,20}["']?[ \t]{0,4}(?:=|:|\+=)[ \t]{0,4}[([]?["'`]|[=(][ \t]{0,4}`|%x[({[]|-\|["'],[ \t]{0,4}["'])([a-z][\w.+-]{1,40})(?=["'`\s)])/g
const maxNames = 5_000

/**
 * Names of commands in quotes, in source code that starts programs: all of them in an application's own code, those
 * that stand where commands do in that of libraries, which have words for everything.
 */
export function addQuotedCommands(
  { tree, searchPath }: Pick<EdgeContext, 'tree' | 'searchPath'>,
  text: string,
  isOwnCode: boolean,
  add: AddEdge,
): void {
  if (!startsPrograms.test(text)) return
  const seen = new Set<string>()
  for (const [, word] of text.matchAll(isOwnCode ? anyQuoted : placed)) {
    if (seen.has(word!) || seen.size >= maxNames) continue
    seen.add(word!)
    const command = findCommand(tree, searchPath, word!)
    if (command) add('shell-word', false, command.path, word)
  }
}
