import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import type { Language, Node, Parser } from 'web-tree-sitter'

/** A word of a script that may name a program or a file. */
export interface ScriptWord {
  readonly text: string
  /** 1-based. */
  readonly line: number
  /**
   * `command`: in the place of a command; `builtin`: the same, where usual shells do it themselves, so that it means a
   * file only where another program reads the script; `source`: read by `.` or `source`; `data`: an argument of a
   * command that runs no other; `argument`: any other.
   */
  readonly role: 'command' | 'builtin' | 'source' | 'data' | 'argument'
  /** Whether the command is in no branch, loop or function: it runs whenever the script does, if nothing fails before. */
  readonly isCertain: boolean
}

/** Finds the words of shell scripts. */
export interface ScriptParser {
  /** Words of all branches, taken or not. A script with errors is read as far as it can be. */
  words(script: string): readonly ScriptWord[]
}

const maxScriptBytes = 1024 * 1024
/** Commands whose first plain argument is a command too. */
const prefixes = new Set([
  'exec',
  'command',
  'nohup',
  'env',
  'sudo',
  'su-exec',
  'gosu',
  'nice',
  'time',
  'xargs',
  'setpriv',
  'tini',
  'dumb-init',
  'chroot',
  'timeout',
  'stdbuf',
])

/** What dash, bash, BusyBox's ash, zsh and ksh93 do themselves, although there are programs of that name. */
const builtins = new Set(['[', 'echo', 'false', 'kill', 'printf', 'pwd', 'test', 'true'])
/** Commands that start no other, whatever they are told: their words are names of files, people and keys. */
const plain = new Set(
  'cat chgrp chmod chown cut egrep fgrep getent grep head id kill ls mkdir rm rmdir tail touch tr'.split(' '),
)

let loading: Promise<() => Parser> | undefined

/** Loads the grammar (once) and makes a parser. */
export async function createScriptParser(): Promise<ScriptParser> {
  loading ??= loadGrammar()
  const parser = (await loading)()
  return {
    words: (script) => parseWords(script, 0),
  }

  function parseWords(script: string, depth: number): readonly ScriptWord[] {
    if (script.length > maxScriptBytes) return []
    const tree = parser.parse(script)
    if (!tree) return []
    try {
      const words = [...collectWords(tree.rootNode)]
      // Text that a command runs as a script: `sh -c '…'`, `eval "…"`, `trap '…' EXIT`.
      const nested = depth < maxNesting ? [...quotedTexts(tree.rootNode)] : []
      return [
        ...words,
        ...nested.flatMap(({ text, line }) =>
          parseWords(text, depth + 1).map((word) => ({ ...word, line, isCertain: false })),
        ),
      ]
    } finally {
      tree.delete()
    }
  }
}

const maxNesting = 2

/** Loads the parser and its grammar; what it returns makes a parser. */
async function loadGrammar(): Promise<() => Parser> {
  const { Language, Parser } = await import('web-tree-sitter')
  const require = createRequire(import.meta.url)
  const grammar = await readFile(require.resolve('tree-sitter-bash/tree-sitter-bash.wasm'))
  // V8 takes half a gigabyte to optimize the one huge function of the grammar, soon after its first words, and scripts
  // are small: modules that are made here stay as they are first compiled. What is set counts when a module is made.
  const isSetByUser = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''].some((option) =>
    /tiering.budget/.test(option),
  )
  if (!isSetByUser) setFlagsFromString(`--wasm-tiering-budget=${noTiering}`)
  let language: Language
  try {
    await Parser.init()
    language = await Language.load(grammar)
  } finally {
    if (!isSetByUser) setFlagsFromString(`--wasm-tiering-budget=${usualTiering}`)
  }
  return () => new Parser().setLanguage(language)
}

/** Work of a function after which V8 optimizes it: the most there is, and what it has by itself. */
const noTiering = 2_000_000_000
const usualTiering = 13_000_000

function* collectWords(root: Node): Generator<ScriptWord> {
  const unconditional = findUnconditional(root)
  for (const command of root.descendantsOfType('command')) {
    if (!command) continue
    const name = command.childForFieldName('name')
    const nameText = name ? (literal(name) ?? lastPart(name)) : undefined
    const isCertain = unconditional.has(command.id)
    if (name && nameText)
      yield {
        text: nameText,
        line: name.startPosition.row + 1,
        role: builtins.has(nameText) && literal(name) === nameText ? 'builtin' : 'command',
        isCertain,
      }
    const isSource = nameText === '.' || nameText === 'source'
    const isPlain = nameText !== undefined && plain.has(nameText.slice(nameText.lastIndexOf('/') + 1))
    const isPrefix = nameText !== undefined && prefixes.has(nameText.slice(nameText.lastIndexOf('/') + 1))
    if (isMessage(command, nameText)) continue
    for (const argument of command.childrenForFieldName('argument')) {
      if (!argument) continue
      const text = literal(argument) ?? (isSource ? lastPart(argument) : undefined) ?? pattern(argument.text)
      if (!text) continue
      const isRun = isPrefix && !text.startsWith('-')
      const role = isSource ? 'source' : isRun ? 'command' : isPlain ? 'data' : 'argument'
      yield { text, line: argument.startPosition.row + 1, role, isCertain: isCertain && role === 'command' }
    }
  }
  for (const type of [
    'variable_assignment',
    'file_redirect',
    'case_item',
    'for_statement',
    'test_command',
    'expansion',
  ]) {
    for (const node of root.descendantsOfType(type)) {
      for (const word of node?.descendantsOfType(['word', 'string', 'raw_string']) ?? []) {
        // Those of commands have been looked at.
        const text = word && !isInCommand(word, node!) && (literal(word) ?? pattern(word.text))
        if (text) yield { text, line: word.startPosition.row + 1, role: 'argument', isCertain: false }
      }
    }
  }
  // What a script writes somewhere may be the configuration of what it starts then.
  for (const body of root.descendantsOfType('heredoc_body')) {
    const text = body && pattern(body.text)
    if (text) yield { text, line: body.startPosition.row + 1, role: 'argument', isCertain: false }
  }
}

const branches = new Set([
  'if_statement',
  'case_statement',
  'while_statement',
  'for_statement',
  'c_style_for_statement',
  'function_definition',
  'ERROR',
])

/** Commands that are in no branch, from the root down, so that nesting costs no more than length. */
function findUnconditional(root: Node): ReadonlySet<number> {
  const found = new Set<number>()
  const pending = [root]
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (branches.has(node.type)) continue
    if (node.type === 'command') found.add(node.id)
    const children = node.children.filter((child) => child !== null)
    // What stands behind `||` runs only when what is before it fails.
    const isAlternative = node.type === 'list' && children.some(({ type }) => type === '||')
    for (const child of isAlternative ? children.slice(0, 1) : children) pending.push(child)
  }
  return found
}

function isInCommand(word: Node, top: Node): boolean {
  for (let node = word.parent; node && node.id !== top.id; node = node.parent)
    if (node.type === 'command') return true
  return false
}

const readers = new Set(['pipeline', 'command_substitution', 'process_substitution'])

/**
 * Whether a command only tells people something: `echo` and `printf` whose output no other command and no file gets.
 * What a function prints may be its result, unless it goes to the standard error or begins as a sentence does.
 */
function isMessage(command: Node, name: string | undefined): boolean {
  if (name !== 'echo' && name !== 'printf') return false
  let isError = false
  let isResult = false
  for (let node = command.parent; node; node = node.parent) {
    if (readers.has(node.type)) return false
    if (node.type === 'function_definition') isResult = true
    if (node.type !== 'redirected_statement') continue
    const redirects = node.childrenForFieldName('redirect')
    if (!redirects.every((one) => one && /^[012]?>&[12]$/.test(one.text.replaceAll(' ', '')))) return false
    isError ||= redirects.some((one) => one?.text.endsWith('2'))
  }
  const [first] = command.childrenForFieldName('argument')
  return !isResult || isError || /^["']?[A-Z][a-z]* /.test(first?.text ?? '')
}
const isShell = /(?:^|[\s;|&/])(?:sh|bash|dash|ash|ksh|zsh|su|sudo|ssh|chroot|env|xargs)(?:\s|$)/

function* quotedTexts(root: Node): Generator<{ readonly text: string; readonly line: number }> {
  for (const body of root.descendantsOfType('heredoc_body')) {
    if (!body) continue
    // `sh <<EOF`, `cat <<EOF | sh`, and scripts that are written to a file.
    const reader = body.parent?.parent?.text.slice(0, body.startIndex - body.parent.parent.startIndex) ?? ''
    if (body.text.trimStart().startsWith('#!') || isShell.test(reader))
      yield { text: body.text, line: body.startPosition.row + 1 }
  }
  for (const command of root.descendantsOfType('command')) {
    if (command && isMessage(command, command.childForFieldName('name')?.text)) continue
    for (const argument of command?.childrenForFieldName('argument') ?? []) {
      if (!argument || (argument.type !== 'string' && argument.type !== 'raw_string')) continue
      const text = argument.text.slice(1, -1)
      if (/\s/.test(text.trim())) yield { text, line: argument.startPosition.row + 1 }
    }
  }
}

/** The text of a word when it is plain: quotes are taken off, and words with expansions are left out. */
function literal(node: Node): string | undefined {
  const text = node.text
  if (text.length > 512 || /[$`*?\n]/.test(text)) return undefined
  return text.replaceAll(/^["']|["']$/g, '') || undefined
}

/** A text with absolute paths in it, with `*` for what only the running script can tell. */
function pattern(text: string): string | undefined {
  if (text.length > maxPatternLength || !text.includes('/')) return undefined
  // What follows a folder in a variable is no absolute path.
  return text.replaceAll(
    /(?:\$\{[^{}]{0,200}\}|\$\([^()]{0,200}\)|\$\w{1,100})(?:["']?(\/))?/g,
    (_, slash?: string) => (slash === undefined ? '*' : '_/'),
  )
}

const maxPatternLength = 256 * 1024

/** The file name of a word with expansions before it: `"$(dirname "$0")/library.sh"` → `library.sh`. */
function lastPart(node: Node): string | undefined {
  return /\/([\w.+-]{1,255})["']?$/.exec(node.text.slice(-300))?.[1]
}
