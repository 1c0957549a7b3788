import { Command as Parser, CommanderError, Option } from 'commander'
import type { CommandSpec } from './command.ts'
import { CliError } from './errors.ts'
import { type OptionName, optionTable, placeholder } from './settings/option-table.ts'

/** Options of every command. */
export const commonOptions: readonly OptionName[] = ['config', 'json', 'progress', 'debug']

/** Options that a command takes, those of every command included. */
export const optionsOf = ({ options, hasCode }: CommandSpec): readonly OptionName[] => [
  ...options,
  ...commonOptions,
  ...(hasCode === false ? [] : (['print-code'] as const)),
]

/** What somebody typed. */
export type CommandLine =
  | { readonly kind: 'print'; readonly text: string }
  | {
      readonly kind: 'run'
      readonly command: CommandSpec
      readonly arguments: readonly string[]
      readonly flags: Readonly<Partial<Record<OptionName, unknown>>>
    }

/**
 * Reads a command line.
 *
 * @throws {CliError} `USAGE_INVALID`.
 */
export async function parseCommandLine(
  argv: readonly string[],
  commands: readonly CommandSpec[],
  { version, columns }: { readonly version: string; readonly columns: number },
): Promise<CommandLine> {
  let printed = ''
  let parsed: CommandLine | undefined
  const prepare = (parser: Parser) =>
    parser
      .exitOverride()
      .configureOutput({
        writeOut: (text) => void (printed += text),
        writeErr() {},
        getOutHelpWidth: () => Math.min(columns, 110),
        getErrHelpWidth: () => Math.min(columns, 110),
        getOutHasColors: () => false,
        getErrHasColors: () => false,
      })
      .configureHelp({ subcommandTerm: (command) => command.name() })
      .helpOption('-h, --help', 'show this help')
      .showSuggestionAfterError(true)
  const root = prepare(new Parser('sallyport'))
    .description('Promotion gates between container registries.')
    .version(version, '-V, --version', 'show the version')
    .helpCommand('help [command]', 'show the help of a command')
    .addHelpText('after', `\n${exitCodes}\n\nHelp of a command: sallyport <command> --help`)
  const groups = new Map<string, Parser>()
  for (const command of commands) {
    const [first = '', second] = command.name.split(' ')
    let parent = root
    if (second !== undefined) {
      parent = groups.get(first) ?? prepare(root.command(first)).description(groupSummary(first, commands))
      parent.helpCommand(false)
      groups.set(first, parent)
    }
    const parser = prepare(parent.command(second ?? first)).summary(command.summary)
    describe(parser, command)
    parser.action((...given: readonly unknown[]) => {
      parsed = {
        kind: 'run',
        command,
        arguments: given.slice(0, command.arguments.length).filter((one) => one !== undefined) as string[],
        flags: toFlags(parser, command),
      }
    })
  }
  const words = withHelp(argv, [...groups.keys(), ...commands.map(({ name }) => name)])
  try {
    if (argv.length === 0) return { kind: 'print', text: root.helpInformation() + `\n${exitCodes}\n` }
    await root.parseAsync(words, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'print', text: printed }
    throw toUsageError(error, argv, { command: findCommand(argv, commands), groups: [...groups.keys()] })
  }
  if (parsed === undefined) return { kind: 'print', text: printed }
  return parsed
}

const exitCodes = 'Exit codes: 0 pass, 1 fail, 2 error, 130 interrupted.'

/** `help policy check` as `policy check --help`; where there is no such command, without what would hide that. */
function withHelp(argv: readonly string[], known: readonly string[]): readonly string[] {
  const [first, ...rest] = argv
  const words = first === 'help' ? [...rest, '--help'] : argv
  const [name] = words.filter((word) => !word.startsWith('-'))
  const isKnown = name === undefined || known.includes(name)
  return isKnown ? words : words.filter((word) => word !== '--help' && word !== '-h')
}

/** The command that a command line names, even one that is none. */
export function findCommand(
  argv: readonly string[],
  commands: readonly CommandSpec[],
): CommandSpec | undefined {
  const words = argv.filter((word) => !word.startsWith('-'))
  return commands.find(({ name }) => name.split(' ').every((word, index) => word === words[index]))
}

/** What the commands of one first word are about. */
function groupSummary(first: string, commands: readonly CommandSpec[]): string {
  const names = commands
    .filter(({ name }) => name.startsWith(`${first} `))
    .map(({ name }) => name.split(' ')[1])
  return `${names.join(', ')}`
}

function describe(parser: Parser, command: CommandSpec): void {
  parser.description([command.summary, command.about].filter(Boolean).join('\n\n'))
  for (const { name, about, isOptional } of command.arguments)
    parser.argument(isOptional ? `[${name}]` : `<${name}>`, about)
  for (const name of optionsOf(command))
    for (const option of toParserOptions(name, command)) parser.addOption(option)
  const examples = command.examples.map(({ about, line }) => `  # ${about}\n  ${line}`).join('\n')
  const codes = [
    '  0  pass',
    ...(command.fails ? [`  1  fail: ${command.fails}`] : []),
    '  2  error: it could not be judged or done',
  ].join('\n')
  parser.addHelpText('after', `\nExamples:\n${examples}\n\nExit codes:\n${codes}`)
}

function toParserOptions(name: OptionName, { reports }: CommandSpec): readonly Option[] {
  const spec = optionTable[name]
  const short = spec.short ? `-${spec.short}, ` : ''
  const kinds = name === 'report' && reports ? `: ${reports.join(', ')}` : ''
  const choices = spec.choices && placeholder(spec) === 'choice' ? `: ${spec.choices.join(', ')}` : ''
  const about = `${spec.about}${choices}${kinds}${defaultText(name)}`
  if (spec.kind === 'flag') {
    const negative = new Option(`--no-${name}`, spec.defaults === true ? `do not ${spec.about}` : about)
    const positive = new Option(`${short}--${name}`, about)
    return spec.defaults === true ? [positive.hideHelp(), negative] : [positive, negative.hideHelp()]
  }
  const option = new Option(`${short}--${name} <${placeholder(spec)}>`, about)
  if (spec.isList)
    option.argParser((value: string, previous: readonly string[] | undefined) => [...(previous ?? []), value])
  return [option]
}

function defaultText(name: OptionName): string {
  const { defaults, isList } = optionTable[name]
  const repeat = isList ? '; may be repeated' : ''
  return defaults === undefined || typeof defaults === 'boolean'
    ? repeat
    : `${repeat} (default: ${String(defaults)})`
}

function toFlags(parser: Parser, command: CommandSpec): Readonly<Partial<Record<OptionName, unknown>>> {
  const values = parser.opts() as Readonly<Record<string, unknown>>
  return Object.fromEntries(
    optionsOf(command).flatMap((name) => {
      const key = name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
      return parser.getOptionValueSource(key) === 'cli' ? [[name, values[key]]] : []
    }),
  )
}

function toUsageError(
  error: CommanderError,
  argv: readonly string[],
  { command, groups }: { readonly command: CommandSpec | undefined; readonly groups: readonly string[] },
): CliError {
  // A group without its second word prints its help as if that were a fault, or takes an option for the fault.
  const [group = '', ...others] = argv.filter((word) => !word.startsWith('-'))
  const isHelp = groups.includes(group) && others.length === 0
  const message = isHelp
    ? `${group}: which of its commands?`
    : error.message
        .replace(/^error: /, '')
        .replaceAll('\n', ' ')
        // What stands after it may be a secret: only names are told.
        .replace(/^(unknown option '-[^=']*)=.*'/, "$1'")
  return new CliError('USAGE_INVALID', message, {
    // Without its cause, which repeats what was typed.
    advice: isHelp
      ? `\`sallyport ${group} --help\` lists them.`
      : command
        ? `\`sallyport ${command.name} --help\` shows what it takes.`
        : '`sallyport --help` lists the commands.',
  })
}
