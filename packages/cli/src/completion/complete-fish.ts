import type { CommandSpec } from '../command.ts'
import { optionsOf } from '../parse-command-line.ts'
import { optionTable } from '../settings/option-table.ts'
import { flagOf, valueKind } from './complete-bash.ts'

/** The completion script of fish. */
export function completeFish(commands: readonly CommandSpec[]): string {
  const firsts = [...new Set(commands.map(({ name }) => name.split(' ')[0]!))]
  const lines = [
    '# fish completion of sallyport; made by: sallyport completion fish',
    'complete -c sallyport -f',
    ...firsts.map((first) => {
      const about = commands.find(({ name }) => name === first)?.summary ?? `commands of ${first}`
      return `complete -c sallyport -n __fish_use_subcommand -a ${first} -d ${quote(about)}`
    }),
  ]
  for (const command of commands) {
    const [first = '', second] = command.name.split(' ')
    const seconds = commands
      .filter(({ name }) => name.startsWith(`${first} `))
      .map(({ name }) => name.split(' ')[1])
    if (second !== undefined)
      lines.push(
        `complete -c sallyport -n ${quote(`__fish_seen_subcommand_from ${first}; and not __fish_seen_subcommand_from ${seconds.join(' ')}`)} -a ${second} -d ${quote(command.summary)}`,
      )
    const seen = `__fish_seen_subcommand_from ${first}${second === undefined ? '' : `; and __fish_seen_subcommand_from ${second}`}`
    for (const name of optionsOf(command)) {
      const { about, short } = optionTable[name]
      const kind = valueKind(name)
      const value =
        kind === 'flag'
          ? ''
          : kind === 'file'
            ? ' -r -F'
            : kind === 'folder'
              ? " -x -a '(__fish_complete_directories)'"
              : kind === 'nothing'
                ? ' -x'
                : ` -x -a ${quote(kind.join(' '))}`
      lines.push(
        `complete -c sallyport -n ${quote(seen)} -l ${flagOf(name).slice(2)}${short ? ` -s ${short}` : ''}${value} -d ${quote(about)}`,
      )
    }
    for (const { completes } of command.arguments) {
      if (completes === 'file' || completes === 'folder')
        lines.push(`complete -c sallyport -n ${quote(seen)} -F`)
      else if (completes)
        lines.push(`complete -c sallyport -n ${quote(seen)} -a ${quote(completes.join(' '))}`)
    }
  }
  return `${lines.join('\n')}\n`
}

const quote = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", String.raw`\'`)}'`
