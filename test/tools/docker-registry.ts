import { parseCombinedLog } from './request-log.ts'
import { startRegistry } from './running-registry.ts'
import type { RunningRegistry, StartOptions } from './running-registry.ts'
import { requireTool } from './tool-path.ts'
import { writeDistributionConfig } from './write-distribution-config.ts'

export interface DockerRegistryOptions extends StartOptions {
  /** The one user whom it lets in, by basic authentication. Default: everyone. */
  readonly htpasswd?: { readonly username: string; readonly password: string } | undefined
}

/** Starts Debian's docker-registry (distribution 2.8): deletes allowed, no referrers API, access log on. */
export function startDockerRegistry(options: DockerRegistryOptions): Promise<RunningRegistry> {
  const { directory, htpasswd } = options
  return startRegistry(
    {
      command: requireTool('docker-registry'),
      prepare: (port, store) => writeDistributionConfig({ directory, port, store, htpasswd }),
      parseLog: parseCombinedLog,
    },
    options,
  )
}
