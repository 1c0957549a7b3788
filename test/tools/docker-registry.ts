import { parseCombinedLog } from './request-log.ts'
import { startRegistry } from './running-registry.ts'
import type { RunningRegistry, StartOptions } from './running-registry.ts'
import { requireTool } from './tool-path.ts'
import {
  type NotificationTarget,
  type RegistryLogin,
  writeDistributionConfig,
} from './write-distribution-config.ts'

export interface DockerRegistryOptions extends StartOptions {
  /** The users whom it lets in, by basic authentication. Default: everyone. */
  readonly htpasswd?: RegistryLogin | readonly RegistryLogin[] | undefined
  /** Whom it tells what happens. Default: nobody. */
  readonly notifications?: NotificationTarget | undefined
}

/** Starts Debian's docker-registry (distribution 2.8): deletes allowed, no referrers API, access log on. */
export function startDockerRegistry(options: DockerRegistryOptions): Promise<RunningRegistry> {
  const { directory, htpasswd, notifications } = options
  return startRegistry(
    {
      command: requireTool('docker-registry'),
      prepare: (port, store) => writeDistributionConfig({ directory, port, store, htpasswd, notifications }),
      parseLog: parseCombinedLog,
    },
    options,
  )
}
