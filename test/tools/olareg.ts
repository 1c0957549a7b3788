import { parseOlaregLog } from './request-log.ts'
import { startRegistry } from './running-registry.ts'
import type { RunningRegistry, StartOptions } from './running-registry.ts'
import { requireTool } from './tool-path.ts'

/** Starts olareg: OCI 1.1 with the referrers API, deletes allowed, no garbage collection under a test's feet. */
export function startOlareg(options: StartOptions): Promise<RunningRegistry> {
  return startRegistry(
    {
      command: requireTool('olareg'),
      prepare: (port, store) =>
        Promise.resolve(
          // Requests are logged at no other level than trace.
          `serve --addr 127.0.0.1 --port ${port} --api-delete --api-blob-delete --gc-frequency -1s --verbosity trace`
            .split(' ')
            .concat('--dir', store),
        ),
      parseLog: parseOlaregLog,
    },
    options,
  )
}
