import type { CommandSpec } from '../command.ts'
import { commonOptions } from '../parse-command-line.ts'
import { configKeys } from '../settings/read-config.ts'
import {
  environmentName,
  type OptionName,
  optionNames,
  optionTable,
  placeholder,
} from '../settings/option-table.ts'
import { flagOf } from '../completion/complete-bash.ts'

/** The reference part of the guide, in Markdown: every command, and every option with its key and variable. */
export function writeReference(commands: readonly CommandSpec[]): string {
  return [
    '## Commands',
    ...commands.map(describeCommand),
    '## Options',
    'Every command has these:',
    fence(commonOptions.map((name) => describeOption(name))),
    'The key of the configuration file and the variable of the environment are those of the option in camelCase, and in capitals after `SALLYPORT_`. What is about one run alone has no key. Lists are separated by commas in the environment.',
    fence(optionNames.map((name) => describeOption(name, true))),
  ].join('\n\n')
}

function describeCommand({
  name,
  summary,
  about,
  arguments: given,
  options,
  examples,
  fails,
  reports,
}: CommandSpec): string {
  const words = given.map((one) => (one.isOptional ? `[${one.name}]` : `<${one.name}>`))
  const usage = ['sallyport', name, ...words, '[options]'].join(' ')
  const lines = [
    ...given.map((one) => `${one.name.padEnd(12)}${one.about}`),
    ...(options.length > 0 ? [`options     ${options.map(flagOf).join(' ')}`] : []),
    ...(reports ? [`reports     ${reports.join(' ')}`] : []),
    `exit codes  0 pass${fails ? `, 1 ${fails}` : ''}, 2 error`,
  ]
  return [
    `### ${name}`,
    `${capital(summary)}.${about ? ` ${about}` : ''}`,
    fence([usage, '', ...lines]),
    fence(
      examples.flatMap(({ about: what, line }) => [`# ${what}`, line]),
      'sh',
    ),
  ].join('\n\n')
}

function describeOption(name: OptionName, isFull = false): string {
  const spec = optionTable[name]
  const value = spec.kind === 'flag' ? '' : ` <${placeholder(spec)}>`
  const first = `${spec.short ? `-${spec.short}, ` : ''}${flagOf(name)}${value}`
  const choices = spec.choices && placeholder(spec) === 'choice' ? `: ${spec.choices.join(', ')}` : ''
  const defaults =
    spec.defaults === undefined || typeof spec.defaults === 'boolean'
      ? ''
      : ` (default: ${String(spec.defaults)})`
  const key = [...configKeys].find(([, each]) => each === name)?.[0]
  const places = isFull ? `\n    ${[key, environmentName(name)].filter(Boolean).join(', ')}` : ''
  return `${first}\n    ${spec.about}${choices}${spec.isList ? '; may be repeated' : ''}${defaults}${places}`
}

const fence = (lines: readonly string[], language = 'text'): string =>
  `\`\`\`${language}\n${lines.join('\n')}\n\`\`\``

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)
