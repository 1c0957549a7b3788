import { execFile, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { requireTool } from '@sallyport/test-tools'

const main = join(
  import.meta.dirname,
  '..',
  '..',
  'packages',
  'cli',
  process.env['SALLYPORT_CLI_BUILT'] === '1' ? 'dist/main.js' : 'src/main.ts',
)
/** How the program is started: what is published, where that was built. */
export const program: readonly string[] =
  process.env['SALLYPORT_CLI_BUILT'] === '1'
    ? [process.execPath, main]
    : [process.execPath, '--conditions=@sallyport/source', main]

/** How a command ended. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Nothing of this process's environment changes what a command does. */
function environmentOf(folder: string, more: Readonly<Record<string, string>> = {}): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: folder, LANG: 'C.UTF-8', ...more }
}

/** What a test may do with a command that runs. */
export interface RunOptions {
  readonly environment?: Readonly<Record<string, string>>
  readonly input?: string
  /** A command that starts it, such as `setpriv` with its options. */
  readonly under?: readonly string[]
  /** Is given standard error as it comes. */
  readonly onError?: (text: string) => void
  /** Is given standard output as it comes. */
  readonly onOutput?: (text: string) => void
  /** Is given a way to send a signal. */
  readonly onStart?: (kill: (signal: NodeJS.Signals) => void) => void
}

/** Runs a command without a terminal. */
export function runCommand(
  folder: string,
  words: readonly string[],
  { environment, input, under = [], onError, onOutput, onStart }: RunOptions = {},
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const [command = '', ...parameters] = [...under, ...program, ...words]
    const child = spawn(command, parameters, { cwd: folder, env: environmentOf(folder, environment) })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => void (stderr += text))
    if (onError) child.stderr.on('data', onError)
    if (onOutput) child.stdout.on('data', onOutput)
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stdout, stderr }))
    child.stdin.end(input ?? '')
    onStart?.((signal) => void child.kill(signal))
  })
}

/** A terminal in which commands run. */
export interface Terminal extends AsyncDisposable {
  /** Runs a command to its end; resolves with its exit code and everything that the screen showed. */
  run(
    words: readonly string[],
    options?: TerminalRunOptions,
  ): Promise<{ readonly code: number; readonly screen: string }>
}

/** What a test may do with a command in a terminal. */
export interface TerminalRunOptions {
  readonly environment?: Readonly<Record<string, string>>
  /** Is given a way to press keys, and to see the screen as it is now. */
  readonly onStart?: (keys: { press(key: string): Promise<void>; look(): Promise<string> }) => void
}

const quote = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`

/** Opens a terminal of this size, which is tmux. */
export async function openTerminal(folder: string, { columns = 110, rows = 50 } = {}): Promise<Terminal> {
  const command = requireTool('tmux')
  const socket = `sallyport-${randomUUID()}`
  const env = environmentOf(folder, { TERM: 'xterm-256color' })
  const tmux = async (...parameters: readonly string[]) =>
    (
      await promisify(execFile)(command, ['-L', socket, '-f', '/dev/null', ...parameters], {
        env,
        maxBuffer: 1 << 24,
      })
    ).stdout
  await tmux('new-session', '-d', '-s', 'base', '-x', String(columns), '-y', String(rows), 'cat')
  await tmux('set-option', '-g', 'history-limit', '20000')
  return {
    async run(words, { environment = {}, onStart } = {}) {
      const id = randomUUID()
      const variables = Object.entries(environment).map(([name, value]) => quote(`${name}=${value}`))
      const line = ['env', ...variables, ...[...program, ...words].map(quote)].join(' ')
      // Ctrl-C goes to all of the foreground: the shell stays to say how the command ended.
      const script = `trap : INT; cd ${quote(folder)}; ${line}; echo "[exit $?]"; ${quote(command)} -L ${socket} wait-for -S ${id}; cat`
      const look = () => tmux('capture-pane', '-p', '-J', '-S', '-', '-t', `=${id}:`)
      await tmux('new-session', '-d', '-s', id, '-x', String(columns), '-y', String(rows), 'sh', '-c', script)
      onStart?.({ look, press: async (key) => void (await tmux('send-keys', '-t', `=${id}:`, key)) })
      await tmux('wait-for', id)
      // What was printed just before may be on its way to the screen.
      let screen = await look()
      for (let tries = 0; tries < 100 && !/\[exit \d+\]/.test(screen); tries++) screen = await look()
      await tmux('kill-session', '-t', `=${id}`)
      const code = Number(/\[exit (\d+)\]\s*$/.exec(screen.trimEnd())?.[1] ?? Number.NaN)
      return { code, screen: screen.replace(/\[exit \d+\]\s*$/, '').trimEnd() }
    },
    async [Symbol.asyncDispose]() {
      await tmux('kill-server')
    },
  }
}

const sortLines = (lines: string): string => `${lines.trimEnd().split('\n').toSorted().join('\n')}\n`

/** Entries of several lines; all but the first of each are indented by more. */
const sortEntries = (text: string): string =>
  `${text
    .trimEnd()
    .split(/\n(?= {4}\S)/)
    .toSorted()
    .join('\n')}\n`

/** Takes out what is another each time: ports, digests, times, folders, ids, ages. */
export function normalize(text: string, folder: string): string {
  return (
    text
      .replaceAll(folder, '<folder>')
      // Of this machine.
      .replace(/^(ok +node +)\S+$/m, '$1<version>')
      .replace(/^(ok +temporary files +)\S+$/m, '$1<folder>')
      .replaceAll(/^(ok +(?:trivy|grype|osv-scanner|cosign)) .*$/gm, '$1  <version or not there>')
      .replaceAll(/127\.0\.0\.1:\d+/g, '<registry>')
      .replaceAll(/sha256:[0-9a-f]{12,64}/g, '<digest>')
      .replaceAll(/sha256-[0-9a-f]{64}/g, '<digest>')
      .replaceAll(/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g, '<uuid>')
      .replaceAll(/\b[0-9a-f]{32}\b/g, '<id>')
      .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+00:00)/g, '<time>')
      .replaceAll(/\b2026-\d\d-\d\d\b/g, '<day>')
      .replaceAll(/(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=/g, '<key>')
      .replaceAll(/\b\d+ (second|minute|hour|day)s?( old)?\b/g, '<span>')
      .replaceAll(/\b\d+(\.\d+)? k?B\b/g, '<bytes>')
      .replaceAll(/ +$/gm, '')
      // What is done at the same time ends in any order; so do candidates that are equally near.
      .replaceAll(/(?:^✓ (?:layer|tag|<digest>).*(?:\n|$))+/gm, sortLines)
      .replaceAll(/(?:^ {4}predicate-type-mismatch, .*(?:\n|$)(?:^ {6,}.*(?:\n|$))+)+/gm, sortEntries)
  )
}
