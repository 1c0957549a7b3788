import { mkdir, writeFile } from 'node:fs/promises'
import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { startProgram } from './running-program.ts'
import type { RunningService, StartLimits } from './running-program.ts'
import { requireTool } from './tool-path.ts'

export interface RekorOptions extends StartLimits {
  /** An existing folder for its store, key and log. */
  readonly directory: string
  /** The name in its checkpoints. */
  readonly hostname: string
  /** A private key of Ed25519. */
  readonly key: KeyObject
}

/** Starts Rekor v2 on a folder. */
export async function startRekor({
  directory,
  hostname,
  key,
  ...limits
}: RekorOptions): Promise<RunningService> {
  const file = (name: string): string => join(directory, name)
  const prepare = async ([port, grpcPort, metricsPort]: readonly number[]): Promise<readonly string[]> => {
    await mkdir(file('rekor'), { recursive: true })
    await writeFile(file('rekor.key'), key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    return [
      'serve',
      `--http-port=${port}`,
      `--grpc-port=${grpcPort}`,
      `--http-metrics-port=${metricsPort}`,
      `--hostname=${hostname}`,
      `--storage-dir=${file('rekor')}`,
      `--signer-filepath=${file('rekor.key')}`,
      '--checkpoint-interval=100ms',
      '--batch-max-age=10ms',
    ]
  }
  const command = requireTool('rekor')
  const program = await startProgram(
    { command, logPath: file('rekor.log'), portCount: 3, prepare, readyPath: '/healthz' },
    limits,
  )
  return { ...program, url: `http://127.0.0.1:${program.ports[0]}` }
}
