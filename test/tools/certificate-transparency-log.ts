import { mkdir, writeFile } from 'node:fs/promises'
import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { startProgram } from './running-program.ts'
import type { RunningService, StartLimits } from './running-program.ts'
import { requireTool } from './tool-path.ts'

export interface CertificateTransparencyLogOptions extends StartLimits {
  /** An existing folder for its store, settings and log. */
  readonly directory: string
  /** Root certificates in PEM; of others it takes none. */
  readonly roots: string
  /** A private key of P-256. */
  readonly key: KeyObject
}

/** Starts TesseraCT on a folder, a log of certificates with the interface of RFC 6962 for what is added. */
export async function startCertificateTransparencyLog(
  options: CertificateTransparencyLogOptions,
): Promise<RunningService> {
  const { directory, roots, key, ...limits } = options
  const file = (name: string): string => join(directory, name)
  const prepare = async ([port]: readonly number[]): Promise<readonly string[]> => {
    await mkdir(file('ct'), { recursive: true })
    await writeFile(file('ct-roots.pem'), roots)
    await writeFile(file('ct.key'), key.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 })
    return [
      `--http_endpoint=127.0.0.1:${port}`,
      '--origin=ct.sigstore.test',
      `--storage_dir=${file('ct')}`,
      `--private_key=${file('ct.key')}`,
      `--roots_pem_file=${file('ct-roots.pem')}`,
      '--path_prefix=log',
      '--checkpoint_interval=100ms',
      '--batch_max_age=10ms',
    ]
  }
  const command = requireTool('tesseract')
  const program = await startProgram(
    { command, logPath: file('ct.log'), prepare, readyPath: '/log/ct/v1/get-roots' },
    limits,
  )
  return { ...program, url: `http://127.0.0.1:${program.ports[0]}/log` }
}
