import * as z from 'zod'
import { OciError } from '../errors.ts'
import type { Credentials } from '../ports/credential-provider.ts'

/** Asks a credential helper for a server; `undefined` when it knows none. */
export type CredentialHelper = (
  name: string,
  server: string,
  signal: AbortSignal | undefined,
) => Promise<Credentials | undefined>

const maxOutputBytes = 256 * 1024
const answerSchema = z.object({ Username: z.string(), Secret: z.string() })

/**
 * Runs `docker-credential-NAME get`, the protocol of docker's credential helpers.
 *
 * @throws {OciError} `CREDENTIALS_UNREADABLE` when the program can't be run, fails, or does not answer in
 *   `limitMs` milliseconds (default 30,000).
 */
export async function runCredentialHelper(
  name: string,
  server: string,
  signal: AbortSignal | undefined,
  limitMs = 30_000,
): Promise<Credentials | undefined> {
  signal?.throwIfAborted()
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw failed(name, 'is no name of a credential helper')
  const { code, output } = await run(`docker-credential-${name}`, server, limitMs, signal)
  if (code !== 0) {
    if (/credentials not found in native keychain/i.test(output)) return undefined
    throw failed(name, `ended with status ${code}`)
  }
  return readHelperAnswer(name, output)
}

/** Reads a helper's answer; the user name `<token>` marks a refresh token. */
export function readHelperAnswer(name: string, output: string): Credentials | undefined {
  let value: unknown
  try {
    value = JSON.parse(output)
  } catch {
    throw failed(name, 'gave an answer that is not JSON')
  }
  const parsed = answerSchema.safeParse(value)
  if (!parsed.success) throw failed(name, 'gave an answer without Username and Secret')
  const { Username: username, Secret: secret } = parsed.data
  if (username === '' && secret === '') return undefined
  return username === '<token>'
    ? { type: 'identity-token', identityToken: secret }
    : { type: 'password', username, password: secret }
}

/** What the program leaves running can hold its output open: whoever asks does not wait for that. */
function run(
  program: string,
  input: string,
  limitMs: number,
  signal: AbortSignal | undefined,
): Promise<{ code: number | null; output: string }> {
  // Not imported above: few ask a helper, and who imports this package would wait for it.
  const { spawn } = process.getBuiltinModule('node:child_process')
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'] })
    let output = ''
    const end = (settle: () => void): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', stop)
      child.kill('SIGKILL')
      child.stdout.destroy()
      child.stdin.destroy()
      child.unref()
      settle()
    }
    const fail = (reason: string, cause?: unknown): void =>
      end(() => reject(failed(program, reason, { cause })))
    const stop = (): void => end(() => reject(signal?.reason as Error))
    const timer = setTimeout(() => fail('did not answer in time'), limitMs)
    signal?.addEventListener('abort', stop, { once: true })
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (text: string) => {
      output += text
      if (output.length > maxOutputBytes) fail('writes too much')
    })
    child.on('error', (cause) => fail("can't be run", cause))
    child.on('close', (code) => end(() => resolve({ code, output })))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

function failed(name: string, reason: string, options: ErrorOptions = {}): OciError {
  return new OciError(
    'CREDENTIALS_UNREADABLE',
    `the credential helper "${name.slice(0, 60)}" ${reason}`,
    options,
  )
}
