import { parseCombinedLog } from './request-log.ts'
import { startRegistry } from './running-registry.ts'
import type { RunningRegistry, StartOptions } from './running-registry.ts'
import { requireTool } from './tool-path.ts'
import { writeDistributionConfig } from './write-distribution-config.ts'

/** Starts distribution 3: deletes allowed, no referrers API, access log on. */
export function startDistribution(options: StartOptions): Promise<RunningRegistry> {
  const { directory } = options
  return startRegistry(
    {
      command: requireTool('distribution'),
      prepare: (port, store) => writeDistributionConfig({ directory, port, store }),
      // By default it sends traces to a port of the loopback, whoever listens there.
      env: { OTEL_TRACES_EXPORTER: 'none' },
      parseLog: parseCombinedLog,
    },
    options,
  )
}
