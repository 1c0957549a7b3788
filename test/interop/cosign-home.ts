import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runTool } from './run-tool.ts'

/** cosign with a folder of its own, which is its home and where its files are. */
export interface CosignHome {
  /** Runs it to its end and gives what it printed; rejects with what it complained of. */
  run(...args: readonly string[]): Promise<string>
  /** Writes a file whose name can be given to it. */
  write(name: string, content: string | object): Promise<string>
}

/** Passphrase of the keys in a home. */
export const cosignPassphrase = 'correct horse'

/** What cosign must be told to sign with a key and without services. */
export const cosignOffline = ['--use-signing-config=false', '--tlog-upload=false', '--yes'] as const

/** Makes a home for cosign: no settings, no credentials, no other tools. */
export async function createCosignHome(
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<CosignHome> {
  await mkdir(folder, { recursive: true })
  return {
    run: (...args) =>
      runTool('cosign', args, {
        cwd: folder,
        env: { HOME: folder, PATH: '', COSIGN_PASSWORD: cosignPassphrase, ...env },
      }),
    async write(name, content) {
      await writeFile(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
      return name
    },
  }
}
