import type { ArgumentSpec, CommandSpec } from '../command.ts'
import { optionsOf } from '../parse-command-line.ts'
import { type OptionName, optionTable } from '../settings/option-table.ts'

/** The completion script of bash. */
export function completeBash(commands: readonly CommandSpec[]): string {
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ')[0]!)), 'help']
  const groups = firsts.flatMap((first) => {
    const seconds = commands
      .filter(({ name }) => name.startsWith(`${first} `))
      .map(({ name }) => name.split(' ')[1])
    return seconds.length > 0 ? [`    ${first}) _sallyport_words "${seconds.join(' ')}" ;;`] : []
  })
  return `# bash completion of sallyport; made by: sallyport completion bash
_sallyport_words() { COMPREPLY=($(compgen -W "$1" -- "\${COMP_WORDS[COMP_CWORD]}")); }
_sallyport_files() { COMPREPLY=($(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}")); compopt -o filenames 2>/dev/null; }
_sallyport_folders() { COMPREPLY=($(compgen -d -- "\${COMP_WORDS[COMP_CWORD]}")); compopt -o filenames 2>/dev/null; }
_sallyport() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command="\${COMP_WORDS[1]}"
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then _sallyport_words "${firsts.join(' ')} --help --version"; return; fi
  case "$command" in
    ${groupPattern(commands)})
      if ((COMP_CWORD == 2)); then
        case "$command" in
${groups.map((line) => `      ${line}`).join('\n')}
        esac
        return
      fi
      command="$command \${COMP_WORDS[2]}" ;;
  esac
  case "$previous" in
${valueCases().join('\n')}
  esac
  case "$command" in
${commands.map(commandCase).join('\n')}
  esac
}
complete -F _sallyport sallyport
`
}

const groupPattern = (commands: readonly CommandSpec[]): string =>
  [...new Set(commands.filter(({ name }) => name.includes(' ')).map(({ name }) => name.split(' ')[0]))].join(
    '|',
  )

/** What completes the value of an option. */
export function valueKind(name: OptionName): 'file' | 'folder' | readonly string[] | 'nothing' | 'flag' {
  const { kind, choices } = optionTable[name]
  if (choices) return choices
  if (kind === 'flag') return 'flag'
  if (kind === 'folder') return 'folder'
  return ['file', 'key', 'secret'].includes(kind) ? 'file' : 'nothing'
}

function valueCases(): readonly string[] {
  return (Object.keys(optionTable) as OptionName[]).flatMap((name) => {
    const kind = valueKind(name)
    const { short } = optionTable[name]
    const pattern = short ? `--${name}|-${short}` : `--${name}`
    if (kind === 'flag') return []
    if (kind === 'file') return [`    ${pattern}) _sallyport_files; return ;;`]
    if (kind === 'folder') return [`    ${pattern}) _sallyport_folders; return ;;`]
    if (kind === 'nothing') return [`    ${pattern}) return ;;`]
    return [`    ${pattern}) _sallyport_words "${kind.join(' ')}"; return ;;`]
  })
}

function commandCase(command: CommandSpec): string {
  const options = [...optionsOf(command).map(flagOf), '--help'].join(' ')
  const otherwise = argumentCode(command.arguments)
  return `    "${command.name}")
      if [[ "$current" == -* ]]; then _sallyport_words "${options}"; else ${otherwise}; fi ;;`
}

function argumentCode(given: readonly ArgumentSpec[]): string {
  const completes = given.find((one) => one.completes !== undefined)?.completes
  if (completes === 'file') return '_sallyport_files'
  if (completes === 'folder') return '_sallyport_folders'
  return completes === undefined ? ':' : `_sallyport_words "${completes.join(' ')}"`
}

/** How an option is typed; what is on by default is typed to turn it off. */
export const flagOf = (name: OptionName): string =>
  optionTable[name].defaults === true ? `--no-${name}` : `--${name}`
