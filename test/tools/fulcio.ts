import { writeFile } from 'node:fs/promises'
import type { KeyObject } from 'node:crypto'
import { join } from 'node:path'
import { startProgram } from './running-program.ts'
import type { RunningService, StartLimits } from './running-program.ts'
import { requireTool } from './tool-path.ts'

/** An OIDC issuer that Fulcio believes. */
export interface FulcioIssuer {
  readonly url: string
  /** What it makes of the issuer's tokens; `email` certifies e-mail addresses, `github-workflow` workflows. */
  readonly type: 'email' | 'github-workflow'
}

export interface FulcioOptions extends StartLimits {
  /** An existing folder for its settings and log. */
  readonly directory: string
  /** Reachable at the start; plain HTTP will do. */
  readonly issuers: readonly FulcioIssuer[]
  /** Certificates in PEM: the issuing one first, the root last. */
  readonly chain: string
  /** The private key of the issuing certificate. */
  readonly key: KeyObject
  /** The log that each certificate is sent to, and whose answer is embedded. */
  readonly ctLogUrl: string
}

/** Starts Fulcio with an authority given to it. */
export async function startFulcio(options: FulcioOptions): Promise<RunningService> {
  const { directory, issuers, chain, key, ctLogUrl, ...limits } = options
  const file = (name: string): string => join(directory, name)
  const passphrase = 'of a test'
  const prepare = async ([port, grpcPort, metricsPort]: readonly number[]): Promise<readonly string[]> => {
    const entries = issuers.map(({ url, type }) => [
      url,
      { IssuerURL: url, ClientID: 'sigstore', Type: type },
    ])
    await writeFile(file('fulcio.json'), JSON.stringify({ OIDCIssuers: Object.fromEntries(entries) }))
    await writeFile(file('authority.pem'), chain)
    const encrypted = key.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase })
    await writeFile(file('authority.key'), encrypted, { mode: 0o600 })
    return [
      'serve',
      '--host=127.0.0.1',
      `--port=${port}`,
      '--grpc-host=127.0.0.1',
      `--grpc-port=${grpcPort}`,
      `--metrics-port=${metricsPort}`,
      `--legacy-unix-domain-socket=${file('fulcio.sock')}`,
      '--ca=fileca',
      `--fileca-cert=${file('authority.pem')}`,
      `--fileca-key=${file('authority.key')}`,
      `--fileca-key-passwd=${passphrase}`,
      '--fileca-watch=false',
      `--config-path=${file('fulcio.json')}`,
      `--ct-log-url=${ctLogUrl}`,
    ]
  }
  const command = requireTool('fulcio')
  const program = await startProgram(
    { command, logPath: file('fulcio.log'), portCount: 3, prepare, readyPath: '/healthz' },
    limits,
  )
  return { ...program, url: `http://127.0.0.1:${program.ports[0]}` }
}
