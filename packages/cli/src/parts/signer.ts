import type { Signer } from '@sallyport/attest'
import type { RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { literal, type Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'
import { codeSecret } from './client.ts'
import { readSecret } from './read-secret.ts'

/** Options that name a private key; each has one for its passphrase. */
export type KeyOption = 'evidence-key' | 'release-key' | 'signing-key' | 'reviewer-key'

const service = /^(?:awskms|gcpkms|azurekms|hashivault|openbao):\/\//

/**
 * Opens the key that an option names: of a key service, of the environment, or of a file.
 *
 * @throws {CliError} `OPTION_MISSING`, `SECRET_MISSING`.
 * @throws {AttestError} what `keySigner` and `kmsSigner` throw.
 */
export async function openSigner(option: KeyOption, context: RunContext): Promise<Signer> {
  const place = context.settings.required(option)
  const { keySigner, kmsSigner } = await import('@sallyport/attest')
  if (service.test(place)) return kmsSigner(place)
  if (place === '-')
    throw new CliError('OPTION_INVALID', `--${option}: a key is in a file or in the environment`)
  const key = (await readSecret(option, context)) ?? ''
  return keySigner(key, { passphrase: await readSecret(`${option}-passphrase`, context) })
}

/** The signer of an option in a program. */
export function codeSigner(program: Program, option: KeyOption, settings: Settings): string {
  const place = settings.required(option)
  if (service.test(place)) {
    program.use('@sallyport/attest', 'kmsSigner')
    return `await kmsSigner(${literal(place)})`
  }
  program.use('@sallyport/attest', 'keySigner')
  const passphrase = settings.text(`${option}-passphrase`)
  const options = passphrase === undefined ? '' : `, { passphrase: ${codeSecret(program, passphrase)} }`
  return `keySigner(${codeSecret(program, place)}${options})`
}
