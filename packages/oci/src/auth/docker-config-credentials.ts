import { readFile, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { OciError } from '../errors.ts'
import type { CredentialProvider, Credentials } from '../ports/credential-provider.ts'
import { findInDockerConfig, parseDockerConfig } from './docker-config.ts'
import { type CredentialHelper, runCredentialHelper } from './run-credential-helper.ts'

/** Options of {@link dockerConfigCredentials}. */
export interface DockerConfigCredentialsOptions {
  /** Environment variables. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Runs credential helpers. Default: the `docker-credential-*` programs on the path. */
  readonly helper?: CredentialHelper | undefined
}

const maxConfigBytes = 4 * 1024 * 1024

/**
 * The credentials that `docker login` and `podman login` keep: `DOCKER_AUTH_CONFIG`, `config.json` in `DOCKER_CONFIG` or
 * `~/.docker`, then podman's `auth.json`; with their credential helpers. Files are read anew for each look-up.
 *
 * @throws {OciError} from `find`: `CREDENTIALS_UNREADABLE` when a file or helper that should know can't be read. It does
 *   not go on without credentials then.
 */
export function dockerConfigCredentials({
  env = process.env,
  helper = runCredentialHelper,
}: DockerConfigCredentialsOptions = {}): CredentialProvider {
  return {
    async find(query, { signal } = {}) {
      signal?.throwIfAborted()
      for await (const { text, source } of configTexts(env)) {
        const answer = findInDockerConfig(parseDockerConfig(text, source), query)
        const asked: Credentials | undefined =
          answer.helper === undefined
            ? undefined
            : await helper(answer.helper.name, answer.helper.server, signal)
        const found = asked ?? answer.credentials
        if (found !== undefined) return found
      }
      return undefined
    },
  }
}

async function* configTexts(
  env: Readonly<Record<string, string | undefined>>,
): AsyncGenerator<{ readonly text: string; readonly source: string }, void, undefined> {
  const inline = env['DOCKER_AUTH_CONFIG']
  if (inline) yield { text: inline, source: 'DOCKER_AUTH_CONFIG' }
  const home = env['HOME'] || env['USERPROFILE'] || homedir()
  const places = [
    join(env['DOCKER_CONFIG'] || join(home, '.docker'), 'config.json'),
    env['REGISTRY_AUTH_FILE'],
    env['XDG_RUNTIME_DIR'] && join(env['XDG_RUNTIME_DIR'], 'containers', 'auth.json'),
    join(env['XDG_CONFIG_HOME'] || join(home, '.config'), 'containers', 'auth.json'),
  ]
  for (const source of places) {
    const text = source ? await readConfig(source) : undefined
    if (source && text !== undefined) yield { text, source }
  }
}

async function readConfig(path: string): Promise<string | undefined> {
  try {
    const stats = await stat(path)
    if (!stats.isFile()) return undefined
    if (stats.size > maxConfigBytes) throw new OciError('CREDENTIALS_UNREADABLE', `${path} is too long`)
    return await readFile(path, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    if (error instanceof OciError) throw error
    throw new OciError('CREDENTIALS_UNREADABLE', `${path} can't be read`, { cause: error })
  }
}
