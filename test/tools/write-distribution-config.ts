import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hash } from 'bcryptjs'

interface DistributionConfigOptions {
  /** Where `config.json` and `htpasswd` go. */
  readonly directory: string
  readonly port: number
  readonly store: string
  readonly htpasswd?: { readonly username: string; readonly password: string } | undefined
}

/** Writes a config for distribution, 2.8 or 3: deletes allowed, access log on. Gives the program's arguments. */
export async function writeDistributionConfig({
  directory,
  port,
  store,
  htpasswd,
}: DistributionConfigOptions): Promise<readonly string[]> {
  const config = join(directory, 'config.json')
  const passwords = join(directory, 'htpasswd')
  if (htpasswd) {
    const line = `${htpasswd.username}:${await hash(htpasswd.password, 5)}\n`
    await writeFile(passwords, line, { mode: 0o600 })
  }
  // The config file is YAML, of which JSON is a part.
  const settings = {
    version: 0.1,
    log: { level: 'warn', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: store }, delete: { enabled: true } },
    http: { addr: `127.0.0.1:${port}`, secret: 'one process, no load balancing' },
    ...(htpasswd && { auth: { htpasswd: { realm: 'test', path: passwords } } }),
  }
  await writeFile(config, JSON.stringify(settings, undefined, 2))
  return ['serve', config]
}
