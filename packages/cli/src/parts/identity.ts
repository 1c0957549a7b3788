import type { IdentitySigner } from '@sallyport/attest'
import type { SignatureConfirmation } from '@sallyport/gate'
import type { RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { literal, type Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'
import { codeSecret } from './client.ts'
import { readFile } from './read-file.ts'
import { readSecret } from './read-secret.ts'
import type { KeyOption } from './signer.ts'

/** Without one of these nobody can sign as an identity. */
export const neededForIdentity = ['certificate-identity', 'certificate-issuer', 'trusted-root'] as const

/** An identity to sign as. */
export interface Identity {
  readonly signer: IdentitySigner
  readonly confirmation: SignatureConfirmation
}

/**
 * Whether something is signed as an identity: there is a signing config, and one of these keys is not given.
 *
 * @throws {CliError} `OPTION_INVALID` when there is one and all keys are given: nobody would be signed as.
 */
export function signsAsIdentity(settings: Settings, keys: readonly KeyOption[]): boolean {
  if (settings.text('signing-config') === undefined) return false
  if (keys.some((name) => settings.text(name) === undefined)) return true
  const names = keys.map((name) => `--${name}`).join(' or ')
  throw new CliError('OPTION_INVALID', '--signing-config: a key signs everything already', {
    advice: `Leave out ${names}, in the configuration file as well, for what is to be signed as the identity.`,
  })
}

/**
 * Chooses the services of the signing config.
 *
 * @throws {CliError} `OPTION_MISSING`, `FILE_INVALID`, `SECRET_MISSING`.
 * @throws {AttestError} `SIGNING_CONFIG_INVALID`, `TRUST_ROOT_INVALID`, `IDENTITY_UNAVAILABLE`.
 */
export async function openIdentity(context: RunContext): Promise<Identity> {
  const { settings, signal } = context
  const identity = {
    issuer: settings.required('certificate-issuer'),
    subject: settings.required('certificate-identity'),
  }
  const [config, root, token] = await Promise.all([
    readFile(settings.required('signing-config'), { signal }),
    readFile(settings.required('trusted-root'), { signal }),
    readSecret('identity-token', context),
  ])
  const { ambientIdentityToken, fixedIdentityToken, parseSigningConfig, parseTrustedRoot, signingServices } =
    await import('@sallyport/attest')
  const { signer, witnesses } = signingServices(parseSigningConfig(config), {
    token: token === undefined ? ambientIdentityToken() : fixedIdentityToken(token),
    identity,
  })
  return { signer, confirmation: { witnesses, root: parseTrustedRoot(root) } }
}

/** The same in a program: its constants `identity`, `witnesses` and `root`. */
export function codeIdentity(program: Program, settings: Settings): void {
  const [issuer, subject] = [
    settings.required('certificate-issuer'),
    settings.required('certificate-identity'),
  ]
  const place = settings.text('identity-token')
  const source = place === undefined ? 'ambientIdentityToken' : 'fixedIdentityToken'
  program.use('@sallyport/attest', source, 'parseSigningConfig', 'parseTrustedRoot', 'signingServices')
  program.use('node:fs/promises', 'readFile')
  program.line(
    `const signingConfig = parseSigningConfig(await readFile(${literal(settings.required('signing-config'))}))`,
    'const { signer: identity, witnesses } = signingServices(signingConfig, {',
    `  token: ${source}(${place === undefined ? '' : codeSecret(program, place)}),`,
    `  identity: ${literal({ issuer, subject })},`,
    '})',
    `const root = parseTrustedRoot(await readFile(${literal(settings.required('trusted-root'))}))`,
  )
}
