import { spawn } from 'node:child_process'
import * as z from 'zod'
import { OciError } from '../errors.ts'
import type { Credentials } from '../ports/credential-provider.ts'

/** Asks a credential helper for a server; `undefined` when it knows none. */
export type CredentialHelper = (
  name: string,
  server: string,
  signal: AbortSignal | undefined,
) => Promise<Credentials | undefined>

const timeoutMs = 30_000
const maxOutputBytes = 256 * 1024
const answerSchema = z.object({ Username: z.string(), Secret: z.string() })

/**
 * Runs `docker-credential-NAME get`, the protocol of docker's credential helpers.
 *
 * @throws {OciError} `CREDENTIALS_UNREADABLE` when the program can't be run, fails, or does not answer in 30 seconds.
 */
export const runCredentialHelper: CredentialHelper = async (name, server, signal) => {
  signal?.throwIfAborted()
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw failed(name, 'is no name of a credential helper')
  const { code, output } = await run(`docker-credential-${name}`, server, signal)
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

function run(
  program: string,
  input: string,
  signal: AbortSignal | undefined,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], timeout: timeoutMs, signal })
    let output = ''
    child.stdout.setEncoding('utf8')
    child.stdout.on('data', (text: string) => {
      output += text
      if (output.length > maxOutputBytes) child.kill('SIGKILL')
    })
    child.on('error', (cause) => {
      if (signal?.aborted) reject(signal.reason as Error)
      else
        reject(
          new OciError('CREDENTIALS_UNREADABLE', `the credential helper ${program} can't be run`, { cause }),
        )
    })
    child.on('close', (code) => resolve({ code: output.length > maxOutputBytes ? null : code, output }))
    child.stdin.on('error', () => undefined)
    child.stdin.end(input)
  })
}

function failed(name: string, reason: string): OciError {
  return new OciError('CREDENTIALS_UNREADABLE', `the credential helper "${name.slice(0, 60)}" ${reason}`)
}
