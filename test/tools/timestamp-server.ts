import { join } from 'node:path'
import { startProgram } from './running-program.ts'
import type { RunningService, StartLimits } from './running-program.ts'
import { requireTool } from './tool-path.ts'

export interface TimestampServerOptions extends StartLimits {
  /** An existing folder for its log. */
  readonly directory: string
}

/** A running timestamp authority. */
export interface RunningTimestampServer extends RunningService {
  /** Its certificates in PEM: the signing one first, the root last. */
  readonly chain: string
}

/**
 * Starts Sigstore's timestamp authority with a new key; requests are posted to its `url`. It always listens on port 2112 too,
 * for metrics: a second one on the same machine waits for the first one's end.
 */
export async function startTimestampServer({
  directory,
  ...limits
}: TimestampServerOptions): Promise<RunningTimestampServer> {
  const prepare = ([port]: readonly number[]): Promise<readonly string[]> =>
    Promise.resolve([
      'serve',
      '--host=127.0.0.1',
      `--port=${port}`,
      '--timestamp-signer=memory',
      '--disable-ntp-monitoring',
    ])
  const command = requireTool('timestamp-server')
  const logPath = join(directory, 'timestamp-server.log')
  const program = await startProgram({ command, logPath, prepare, readyPath: '/ping' }, limits)
  const url = `http://127.0.0.1:${program.ports[0]}/api/v1/timestamp`
  try {
    const answer = await fetch(`${url}/certchain`)
    return { ...program, url, chain: await answer.text() }
  } catch (error) {
    await program.stop()
    throw error
  }
}
