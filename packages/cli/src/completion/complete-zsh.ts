import type { ArgumentSpec, CommandSpec } from '../command.ts'
import { optionsOf } from '../parse-command-line.ts'
import { type OptionName, optionTable, placeholder } from '../settings/option-table.ts'
import { flagOf, valueKind } from './complete-bash.ts'

/** The completion script of zsh. */
export function completeZsh(commands: readonly CommandSpec[]): string {
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ')[0]!))]
  return `#compdef sallyport
# made by: sallyport completion zsh
_sallyport() {
  local -a words_of
  if ((CURRENT == 2)); then
    words_of=(${firsts.map((first) => quote(`${first}:${summaryOf(first, commands)}`)).join(' ')})
    _describe command words_of
    return
  fi
  local command="$words[2]"
  case "$command" in
${groupsOf(commands)
  .map((group) => groupCase(group, commands))
  .join('\n')}
  esac
  case "$command" in
${commands.map(commandCase).join('\n')}
  esac
}
_sallyport "$@"
`
}

const groupsOf = (commands: readonly CommandSpec[]): readonly string[] => [
  ...new Set(commands.filter(({ name }) => name.includes(' ')).map(({ name }) => name.split(' ')[0]!)),
]

function groupCase(group: string, commands: readonly CommandSpec[]): string {
  const words = commands
    .filter(({ name }) => name.startsWith(`${group} `))
    .map(({ name, summary }) => quote(`${name.slice(group.length + 1)}:${summary.replaceAll(':', ';')}`))
  return `    ${group})
      if ((CURRENT == 3)); then words_of=(${words.join(' ')}); _describe command words_of; return; fi
      command="$words[2] $words[3]"
      shift words; ((CURRENT--)) ;;`
}

function commandCase(command: CommandSpec): string {
  const options = optionsOf(command).map(optionSpec)
  const given = command.arguments.map((one, index) =>
    quote(`${index + 1}:${one.name}:${argumentAction(one)}`),
  )
  return `    "${command.name}") shift words; ((CURRENT--)); _arguments ${[...options, ...given].join(' ')} ;;`
}

function optionSpec(name: OptionName): string {
  const spec = optionTable[name]
  const about = spec.about.replaceAll(/[[\]:]/g, ' ')
  const repeats = spec.isList ? '*' : ''
  const kind = valueKind(name)
  if (kind === 'flag') return quote(`${flagOf(name)}[${about}]`)
  const action =
    kind === 'file'
      ? '_files'
      : kind === 'folder'
        ? '_files -/'
        : kind === 'nothing'
          ? ' '
          : `(${kind.join(' ')})`
  const value = spec.choices ? name : placeholder(spec).replaceAll(':', ' ')
  return quote(`${repeats}--${name}=[${about}]:${value}:${action}`)
}

function argumentAction({ completes }: ArgumentSpec): string {
  if (completes === 'file') return '_files'
  if (completes === 'folder') return '_files -/'
  return completes === undefined ? ' ' : `(${completes.join(' ')})`
}

const summaryOf = (first: string, commands: readonly CommandSpec[]): string =>
  (commands.find(({ name }) => name === first)?.summary ?? `commands of ${first}`).replaceAll(':', ';')

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`
