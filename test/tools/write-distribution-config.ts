import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hash } from 'bcryptjs'

/** A user by basic authentication. */
export interface RegistryLogin {
  readonly username: string
  readonly password: string
}

/** Whom distribution tells what happens. */
export interface NotificationTarget {
  readonly url: string
  /** Sent as `Authorization`. */
  readonly authorization: string
  /** Actions that it is not told of, such as `pull`. Default: none. */
  readonly ignoredActions?: readonly string[] | undefined
}

interface DistributionConfigOptions {
  /** Where `config.json` and `htpasswd` go. */
  readonly directory: string
  readonly port: number
  readonly store: string
  readonly htpasswd?: RegistryLogin | readonly RegistryLogin[] | undefined
  readonly notifications?: NotificationTarget | undefined
}

/** Writes a config for distribution, 2.8 or 3: deletes allowed, access log on. Gives the program's arguments. */
export async function writeDistributionConfig({
  directory,
  port,
  store,
  htpasswd = [],
  notifications,
}: DistributionConfigOptions): Promise<readonly string[]> {
  const config = join(directory, 'config.json')
  const passwords = join(directory, 'htpasswd')
  const logins = [htpasswd].flat()
  if (logins.length > 0) {
    const lines = logins.map(async ({ username, password }) => `${username}:${await hash(password, 5)}\n`)
    await writeFile(passwords, (await Promise.all(lines)).join(''), { mode: 0o600 })
  }
  // The config file is YAML, of which JSON is a part.
  const settings = {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: store }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, secret: 'one process, no load balancing' },
    ...(logins.length > 0 && { auth: { htpasswd: { realm: 'test', path: passwords } } }),
    ...(notifications && { notifications: { endpoints: [endpointOf(notifications)] } }),
  }
  await writeFile(config, JSON.stringify(settings, undefined, 2))
  return ['serve', config]
}

/** It tries again at once, and again after a moment once it failed several times in a row. */
function endpointOf({ url, authorization, ignoredActions = [] }: NotificationTarget) {
  return {
    name: 'suite',
    url,
    headers: { Authorization: [authorization] },
    timeout: '5s',
    threshold: 10,
    backoff: '50ms',
    ignore: { actions: ignoredActions },
  }
}
