/** Words of a command line that name what an interpreter runs. */
export interface ScriptWords {
  /** Values of options that name code: `--rcfile`, `-jar`. */
  readonly code: readonly string[]
  /** The first of these that names a file is run. */
  readonly candidates: readonly string[]
}

interface Interpreter {
  readonly names: RegExp
  /** Options whose next word is run. */
  readonly code?: RegExp
  /** Options whose next word is something else. */
  readonly value?: RegExp
  /** Options whose next word is a program itself; what follows are its arguments. */
  readonly inline?: RegExp
  /** What a word that is no option is: `script` where the first that is a file is run. Default `script`. */
  readonly plain?: 'script' | 'first' | 'data'
}

const interpreters: readonly Interpreter[] = [
  {
    names: /^([abdkyz]|mk|pdk|tc|c|r)?(a?sh)$|^(fish|hush)$/,
    code: /^--(rcfile|init-file|init-command)$/,
    value: /^[-+][A-Za-z]*[oO]$/,
    inline: /^[-+][A-Za-z]*c[A-Za-z]*$/,
  },
  {
    names: /^(python|pypy)[\d.]*$/,
    value: /^(-[bBdEhiIOPqRsStuvx]*[WX]|--check-hash-based-pycs)$/,
    inline: /^-[bBdEhiIOPqRsStuvx]*[cm]/,
  },
  { names: /^perl[\d.]*$/, value: /^-I$/, inline: /^-[acnpsStTuUvwWXl0-7]*[eE]/ },
  { names: /^ruby[\d.]*$/, code: /^(-r|--require)$/, value: /^-[ICE]$/, inline: /^-[alnpsSvw]*e/ },
  { names: /^php(-cgi|-fpm)?[\d.]*$/, code: /^-([fFz]|-file)$/, value: /^-[cdtS]$/, inline: /^-[rRBE]$/ },
  {
    names: /^(node|nodejs|bun|deno)$/,
    code: /^(-r|--require|--import|--preload|--(experimental-)?loader)$/,
    value: /^(-C|--conditions|--env-file|--title)$/,
    inline: /^(-e|-p|-pe|--eval|--print)$/,
  },
  {
    names: /^java$/,
    code: /^(-jar|-cp|-classpath|--class-path|-p|--module-path)$/,
    value: /^(-m|--module|--add-[a-z]+|--upgrade-module-path)$/,
    plain: 'first',
  },
  { names: /^lua(jit)?[\d.-]*$/, value: /^-[el]$/ },
  { names: /^(m|n|g)?awk$|^g?sed$/, code: /^(-f|--file|-E|-i|--include|-l)$/, plain: 'data' },
  { names: /^g?make$/, code: /^(-f|--file|--makefile)$/, plain: 'data' },
  { names: /^(dotnet|mono(-sgen)?|tclsh[\d.]*|wish[\d.]*|expect|guile[\d.]*|Rscript|pwsh|escript)$/ },
]

/** More is not looked at; whoever has more may hide something behind it. */
export const maxWords = 1000

/**
 * Finds what an interpreter is given to run; `undefined` when the program is no interpreter. Pure: which words name files
 * the caller finds out.
 *
 * @param executable Path of the program, links followed.
 */
export function findScriptWords(executable: string, command: readonly string[]): ScriptWords | undefined {
  let words = command.slice(1, 1 + maxWords)
  let name = nameOf(executable)
  // Programs that are many: the name that they were called by says which.
  if (/^(busybox|toybox)(\.\w+)?$/.test(name)) {
    name = nameOf(command[0] ?? '').replace(/^-/, '')
    if (/^(busybox|toybox)/.test(name)) [name = '', ...words] = words
  }
  const interpreter = interpreters.find(({ names }) => names.test(name))
  if (!interpreter) return undefined
  const { code, value, inline, plain = 'script' } = interpreter
  const found: string[] = []
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!
    if (word === '--') return { code: found, candidates: plain === 'data' ? [] : words.slice(at + 1) }
    if (inline?.test(word)) return { code: found, candidates: [] }
    if (value?.test(word)) at += 1
    else if (code?.test(word)) {
      found.push(...(name === 'java' ? (words[at + 1] ?? '').split(':') : [words[at + 1] ?? '']))
      at += 1
    } else if (/^[-+]/.test(word)) {
      // `--require=FILE`, `-javaagent:FILE=OPTIONS`, `-fFILE`
      const attached = /^(-{1,2}[a-z-]+)[=:]([^=]+)/.exec(word) ?? /^(-f)(.+)$/.exec(word)
      if (attached && (code?.test(attached[1]!) || attached[1] === '-javaagent')) found.push(attached[2]!)
    } else if (plain !== 'data')
      return { code: found, candidates: plain === 'first' ? [word] : words.slice(at).filter(isWord) }
  }
  return { code: found, candidates: [] }
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1)
const isWord = (word: string): boolean => !/^[-+]/.test(word)
