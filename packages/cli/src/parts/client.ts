import { existsSync } from 'node:fs'
import type { CredentialProvider, OpenedSource, OpenedTarget, RegistryClient } from '@sallyport/oci'
import type { RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { Code, literal, type Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'
import { readSecret } from './read-secret.ts'

/** Opens a client with the credentials of Docker's configuration, and with those of `--login` for its one host. */
export async function openClient(context: RunContext): Promise<RegistryClient> {
  const { settings, resources, environment } = context
  const { createRegistryClient, dockerConfigCredentials, firstCredentials } = await import('@sallyport/oci')
  const docker = dockerConfigCredentials({ env: environment })
  const login = await readLogin(context)
  const plainHttp = plainHttpOf(settings)
  return resources.use(
    createRegistryClient({
      credentials: login ? firstCredentials(login, docker) : docker,
      ...(plainHttp && { plainHttp: (registry: string) => plainHttp.includes(registry) }),
      requestsPerSecond: settings.number('requests-per-second'),
    }),
  )
}

/** Registries without TLS, those of this machine besides; `undefined`: only those. */
function plainHttpOf(settings: Settings): readonly string[] | undefined {
  const hosts = settings.list('unsafe-plain-http')
  return hosts.length === 0 ? undefined : hosts
}

async function readLogin(context: RunContext): Promise<CredentialProvider | undefined> {
  const login = context.settings.text('login')
  if (login === undefined) {
    // In a file or in the environment it may be for other runs.
    if (context.settings.find('password')?.origin.from === 'flag')
      throw new CliError('OPTION_MISSING', '--password is for the user of --login, which is missing', {
        advice: 'Give --login host=user, or leave --password out.',
      })
    return undefined
  }
  const { host, user } = parseLogin(login)
  const password = await readSecret('password', context)
  if (password === undefined) context.settings.required('password')
  return {
    // To this host and no other, whatever a registry leads to.
    find: async ({ registry }) =>
      registry === host ? { type: 'password', username: user, password: password! } : undefined,
  }
}

function parseLogin(login: string): { readonly host: string; readonly user: string } {
  const [, host, user] = /^([^\s=/@]+)=([^=\s:]+)$/.exec(login) ?? []
  if (host && user) return { host, user }
  throw new CliError('OPTION_INVALID', '--login: expected host=user, and the password with --password')
}

/** The client in a program. */
export function codeClient(program: Program, settings: Settings): void {
  program.use('@sallyport/oci', 'createRegistryClient', 'dockerConfigCredentials')
  const login = settings.text('login')
  const plainHttp = plainHttpOf(settings)
  let credentials = 'dockerConfigCredentials()'
  if (login !== undefined) {
    const { host, user } = parseLogin(login)
    program.use('@sallyport/oci', 'firstCredentials', 'type CredentialProvider')
    program.line(
      'const login: CredentialProvider = {',
      '  find: async ({ registry }) =>',
      `    registry === ${literal(host)}`,
      `      ? { type: 'password', username: ${literal(user)}, password: ${codeSecret(program, settings.text('password') ?? '-')} }`,
      '      : undefined,',
      '}',
    )
    credentials = 'firstCredentials(login, dockerConfigCredentials())'
  }
  program.line(
    `await using client = createRegistryClient(${literal({
      credentials: new Code(credentials),
      plainHttp: plainHttp && new Code(`(registry) => ${literal(plainHttp)}.includes(registry)`),
      requestsPerSecond: settings.number('requests-per-second'),
    })})`,
  )
}

/**
 * An expression that reads a secret from where it is. A place where nothing is may be the secret itself, which must not
 * get into a program.
 *
 * @throws {CliError} `SECRET_MISSING`.
 */
export function codeSecret(program: Program, place: string): string {
  if (place.startsWith('env://')) {
    program.use('node:process', 'env')
    return `env[${literal(place.slice('env://'.length))}] ?? ''`
  }
  if (place !== '-' && !existsSync(place))
    throw new CliError('SECRET_MISSING', 'a secret is not where its option says', {
      advice: 'Say where it is: env://NAME, a file, or - for standard input; never the secret itself.',
    })
  program.use('node:fs/promises', 'readFile')
  const file = place === '-' ? '/dev/stdin' : place
  return `(await readFile(${literal(file)}, 'utf8')).trimEnd()`
}

/** Opens the image that an argument names. */
export async function openImageSource(
  context: RunContext,
  client: RegistryClient,
  text: string,
): Promise<OpenedSource> {
  const { openSource, parseLocator } = await import('@sallyport/oci')
  const { signal, resources } = context
  const repository = (name: Parameters<RegistryClient['repository']>[0]) => client.repository(name)
  return resources.use(await openSource(parseLocator(text), { repository, signal }))
}

/** Opens the place that an argument names for writing. */
export async function openImageTarget(
  context: RunContext,
  client: RegistryClient,
  text: string,
): Promise<OpenedTarget> {
  const { openTarget, parseLocator } = await import('@sallyport/oci')
  const { signal, resources } = context
  const repository = (name: Parameters<RegistryClient['repository']>[0]) => client.repository(name)
  return resources.use(await openTarget(parseLocator(text), { repository, signal }))
}

/** Opening an image in a program, as `source`. */
export function codeSource(program: Program, text: string): void {
  program.use('@sallyport/oci', 'openSource', 'parseLocator')
  program.line(
    'const repository = client.repository.bind(client)',
    `await using source = await openSource(parseLocator(${literal(text)}), { repository })`,
  )
}
