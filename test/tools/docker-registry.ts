import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { hash } from 'bcryptjs'
import { parseCombinedLog } from './request-log.ts'
import { startRegistry } from './running-registry.ts'
import type { RunningRegistry, StartOptions } from './running-registry.ts'
import { requireTool } from './tool-path.ts'

export interface DockerRegistryOptions extends StartOptions {
  /** The one user whom it lets in, by basic authentication. Default: everyone. */
  readonly htpasswd?: { readonly username: string; readonly password: string } | undefined
}

/** Starts Debian's docker-registry (distribution 2.8): deletes allowed, no referrers API, access log on. */
export function startDockerRegistry(options: DockerRegistryOptions): Promise<RunningRegistry> {
  const { directory, htpasswd } = options
  const config = join(directory, 'config.json')
  const passwords = join(directory, 'htpasswd')
  return startRegistry(
    {
      command: requireTool('docker-registry'),
      prepare: async (port, store) => {
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
      },
      parseLog: parseCombinedLog,
    },
    options,
  )
}
