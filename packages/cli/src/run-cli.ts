import { addAbortSignal, type Readable, type Writable } from 'node:stream'
import type { Verdict } from '@sallyport/core'
import { commands } from './command-table.ts'
import type { CommandModule, CommandResult, CommandSpec, RunContext } from './command.ts'
import { codeOfReason, Crash } from './ending.ts'
import { CliError } from './errors.ts'
import { ownVersion } from './internal/own-version.ts'
import { wantsColor } from './output/colors.ts'
import { printableLines } from './output/format.ts'
import { describeError, formatError } from './output/describe-error.ts'
import { liveProgress, noProgress, plainProgress, printable, type Progress } from './output/progress.ts'
import { wrapLines } from './output/wrap-lines.ts'
import { type CommandLine, findCommand, optionsOf, parseCommandLine } from './parse-command-line.ts'
import { resolveSettings, type Settings } from './settings/settings.ts'

/** Where text goes: a stream, with what a terminal tells of itself. */
export type CliScreen = Writable & {
  /** A terminal: progress and colours, unless the environment says otherwise. */
  readonly isTTY?: boolean | undefined
  /** Width. Default 100. */
  readonly columns?: number | undefined
}

/** What a command line runs in. */
export interface CliOptions {
  /** Results. */
  readonly stdout: CliScreen
  /** Progress and errors. */
  readonly stderr: CliScreen
  /** Read only for a secret whose place is `-`. */
  readonly stdin: Readable
  /** Environment variables. */
  readonly environment: Readonly<Record<string, string | undefined>>
  /** Ends the command; nothing is left half-done. */
  readonly signal: AbortSignal
}

const exitCodes: Readonly<Record<Verdict, number>> = { pass: 0, fail: 1, error: 2 }

/** Version of the JSON documents. */
const jsonVersion = 1

/**
 * Runs one command line, e.g. `['scan', 'build.example/app:1']`, and resolves with its exit code: 0 pass, 1 fail, 2 error,
 * 130 when `signal` ended it (143 or 129 when its reason has `signal` `SIGTERM` or `SIGHUP`). Never rejects.
 */
export async function runCli(argv: readonly string[], options: CliOptions): Promise<number> {
  const { stdout } = options
  const columns = stdout.columns ?? 100
  // Before anything is parsed, so that a mistake on the command line is told in the form that was asked for.
  const isJson = wantsJson(argv, options.environment)
  let line: CommandLine
  try {
    line = await parseCommandLine(argv, commands, { version: ownVersion(), columns })
  } catch (error) {
    const command = findCommand(argv, commands)
    const name = command ? `sallyport ${command.name}` : 'sallyport'
    return report(name, error, { ...options, command, isJson, isDebug: argv.includes('--debug') })
  }
  if (line.kind === 'print') {
    try {
      await print(stdout, fit(line.text, stdout))
      return 0
    } catch (error) {
      return report('sallyport', error, { ...options, isJson, isDebug: false })
    }
  }
  return runCommand(line, options, isJson)
}

/** Whether errors are told as JSON where the settings could not be resolved. */
function wantsJson(argv: readonly string[], environment: CliOptions['environment']): boolean {
  const said = argv.findLast((word) => word === '--json' || word === '--no-json')
  return said === undefined ? /^(?:1|true)$/.test(environment['SALLYPORT_JSON'] ?? '') : said === '--json'
}

async function runCommand(
  line: Extract<CommandLine, { kind: 'run' }>,
  options: CliOptions,
  isJsonAsked: boolean,
): Promise<number> {
  const { command, flags } = line
  const { stdout, stderr, environment, signal } = options
  const name = `sallyport ${command.name}`
  let settings: Settings | undefined
  let progress: Progress = noProgress
  let left = ''
  try {
    const file = await configOf(flags, environment)
    settings = resolveSettings(optionsOf(command), { flags, environment, file })
    const module = await command.load()
    if (command.hasCode !== false && settings.flag('print-code') && module.code) {
      await print(stdout, String(await module.code({ arguments: line.arguments, settings })))
      return 0
    }
    const isJson = settings.flag('json')
    progress = createProgress(settings, options)
    const context: Omit<RunContext, 'resources'> = {
      arguments: line.arguments,
      settings,
      commands,
      environment,
      signal,
      progress,
      file,
      screen: { isColored: wantsColor(stdout, environment), columns: stdout.columns ?? 100 },
      readInput: () => readAll(options.stdin, signal),
      leaves: (text) => void (left = text),
      announce(text, result) {
        const told = { version: jsonVersion, command: command.name, verdict: 'pass', result }
        stdout.write(`${isJson ? JSON.stringify(told) : fit(printableLines(text), stdout)}\n`)
      },
      note(text) {
        progress.clear()
        stderr.write(`${fit(printable(text), stderr)}\n`)
      },
    }
    const ended = await runWithin(module, context)
    if (signal.reason instanceof Crash) throw signal.reason
    // What was done is done: an interruption after it changes nothing.
    progress.clear()
    await tell(command, ended, { ...options, isJson })
    return exitCodes[ended.verdict]
  } catch (error) {
    progress.clear()
    const isJson = settings?.flag('json') ?? isJsonAsked
    const isDebug = settings?.flag('debug') ?? false
    const told = signal.aborted ? reasonOf(signal, left) : error
    return report(name, told, { ...options, command, isJson, isDebug, cause: error })
  }
}

/** All that it opened is closed before anything is said about the end: closing may fail, too. */
async function runWithin(
  module: CommandModule,
  context: Omit<RunContext, 'resources'>,
): Promise<CommandResult> {
  context.signal.throwIfAborted()
  await using resources = new AsyncDisposableStack()
  return await module.run({ ...context, resources })
}

async function configOf(
  flags: Readonly<Record<string, unknown>>,
  environment: CliOptions['environment'],
): Promise<RunContext['file']> {
  const named = flags['config'] ?? environment['SALLYPORT_CONFIG']
  // Loaded only now: neither help nor completion needs it.
  const { readConfig } = await import('./settings/read-config.ts')
  return readConfig(typeof named === 'string' && named !== '' ? named : undefined)
}

function createProgress(settings: Settings, { stderr, environment }: CliOptions): Progress {
  const isQuiet = stderr.isTTY !== true || (environment['CI'] ?? '') !== '' || environment['TERM'] === 'dumb'
  const wanted = settings.text('progress')
  const kind = wanted === 'auto' ? (isQuiet || settings.flag('json') ? 'none' : 'live') : wanted
  const write = (text: string) => void stderr.write(text)
  if (kind === 'plain') return plainProgress(write)
  if (kind === 'none') return noProgress
  return liveProgress({
    write,
    columns: () => stderr.columns ?? 100,
    isColored: wantsColor(stderr, environment),
    every(ms, call) {
      const timer = setInterval(call, ms)
      timer.unref()
      return { stop: () => clearInterval(timer) }
    },
  })
}

async function tell(
  command: CommandSpec,
  { verdict, result, text, isVerbatim, error }: CommandResult,
  { stdout, stderr, isJson }: CliOptions & { readonly isJson: boolean },
): Promise<void> {
  const failure = error === undefined ? undefined : describeError(error)
  if (isJson) return print(stdout, `${toJson(command.name, verdict, result, failure)}\n`)
  const shown = isVerbatim ? text : fit(printableLines(text), stdout)
  if (shown !== '') await print(stdout, shown.endsWith('\n') ? shown : `${shown}\n`)
  if (failure) stderr.write(`${fit(formatError(`sallyport ${command.name}`, failure), stderr)}\n`)
}

/** Lines that fit a terminal; what a program or a file reads stays as it is. */
const fit = (text: string, { isTTY, columns }: CliScreen): string =>
  isTTY === true && columns !== undefined && columns > 0 ? wrapLines(text, columns) : text

const toJson = (command: string, verdict: Verdict, result: unknown, error: unknown): string =>
  JSON.stringify(
    {
      version: jsonVersion,
      command,
      verdict,
      ...(error === undefined ? {} : { error }),
      ...(result === undefined ? {} : { result }),
    },
    undefined,
    2,
  )

interface Failure extends CliOptions {
  readonly command?: CommandSpec | undefined
  readonly isJson: boolean
  readonly isDebug: boolean
  /** What led to it, for `--debug`. */
  readonly cause?: unknown
}

async function report(
  name: string,
  error: unknown,
  { command, isJson, isDebug, stdout, stderr, signal, cause = error }: Failure,
): Promise<number> {
  const told = describeError(error)
  // The terminal has echoed ^C where the next line is to begin.
  const tellPeople = () =>
    stderr.write(
      `${signal.aborted && stderr.isTTY ? '\r\u001b[K' : ''}${fit(formatError(name, told), stderr)}\n`,
    )
  if (isJson)
    await print(stdout, `${toJson(command?.name ?? '', 'error', undefined, told)}\n`).catch(tellPeople)
  else tellPeople()
  if (isDebug) stderr.write(`${stackOf(cause)}\n`)
  return signal.aborted ? codeOfReason(signal.reason) : 2
}

function reasonOf({ reason }: AbortSignal, left: string): unknown {
  if (reason instanceof Crash) return reason.cause
  return new CliError('INTERRUPTED', `interrupted. ${left || 'Nothing was changed.'}`, {
    cause: reason,
    advice: 'The same command again goes on.',
    retryable: true,
  })
}

/** Stacks of an error and of what led to it; no fields, which may hold anything. */
function stackOf(error: unknown): string {
  const stacks: string[] = []
  for (let each = error; each instanceof Error && stacks.length < 8; each = each.cause)
    stacks.push(each.stack ?? each.message)
  return stacks.join('\ncaused by: ')
}

/**
 * Waits until it is written, since the process ends afterwards; a reader that has gone is no fault.
 *
 * @throws {CliError} `FILE_UNWRITABLE`, e.g. for a disk that is full: an answer that nobody gets is none.
 */
const print = (stdout: Writable, text: string): Promise<void> =>
  new Promise((resolve, reject) => {
    stdout.write(text, (cause) => {
      const { code } = (cause ?? {}) as NodeJS.ErrnoException
      if (!cause || code === 'EPIPE') return resolve()
      reject(
        new CliError('FILE_UNWRITABLE', `standard output can't be written (${code})`, {
          cause,
          advice: 'Check where it goes, and the space on the disk.',
        }),
      )
    })
  })

const maxInputBytes = 64 * 1024

async function readAll(stdin: Readable, signal: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  // A person may be typing: Ctrl-C must end that, too.
  for await (const chunk of addAbortSignal(signal, stdin)) {
    const part = Buffer.from(chunk as Uint8Array)
    bytes += part.byteLength
    if (bytes > maxInputBytes) throw new CliError('SECRET_MISSING', 'standard input is longer than a secret')
    chunks.push(part)
  }
  return Buffer.concat(chunks).toString('utf8')
}
