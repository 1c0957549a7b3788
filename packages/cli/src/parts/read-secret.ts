import { CliError } from '../errors.ts'
import type { RunContext } from '../command.ts'
import type { OptionName } from '../settings/option-table.ts'

const maxBytes = 64 * 1024

/**
 * Reads a secret from where its option says: `env://NAME`, a file, or `-` for standard input; a line break at the end is
 * left out. Nothing of the option's value gets into an error: it may be the secret itself, in the wrong place.
 *
 * @throws {CliError} `SECRET_MISSING`.
 */
export async function readSecret(
  name: OptionName,
  {
    settings,
    environment,
    readInput,
    signal,
  }: Pick<RunContext, 'settings' | 'environment' | 'readInput' | 'signal'>,
): Promise<string | undefined> {
  const place = settings.text(name)
  if (place === undefined) return undefined
  const text = await readFrom(place, name, { environment, readInput, signal })
  const secret = text.replace(/\r?\n$/, '')
  if (secret === '') throw missing(name, 'there is nothing where it says')
  return secret
}

async function readFrom(
  place: string,
  name: OptionName,
  { environment, readInput, signal }: Pick<RunContext, 'environment' | 'readInput' | 'signal'>,
): Promise<string> {
  if (place === '-') return readInput()
  if (place.startsWith('env://')) {
    const text = environment[place.slice('env://'.length)]
    if (text === undefined) throw missing(name, 'there is no such variable')
    return text
  }
  const { readFile, stat } = await import('node:fs/promises')
  try {
    if ((await stat(place)).size > maxBytes) throw missing(name, 'the file is longer than a secret')
    return await readFile(place, { encoding: 'utf8', signal })
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof CliError) throw error
    throw missing(name, 'there is no file that can be read')
  }
}

const missing = (name: OptionName, why: string): CliError =>
  new CliError('SECRET_MISSING', `--${name}: ${why}`, {
    advice: 'Say where the secret is: env://NAME, a file, or - for standard input; never the secret itself.',
  })
