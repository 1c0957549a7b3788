import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'

const cache = process.env['SALLYPORT_CACHE'] || join(homedir(), '.cache', 'sallyport')
const command = join(cache, 'tools', 'cosign-v3.1.2', 'cosign')

/** Whether the real cosign is there to test with. */
export const hasCosign: boolean = existsSync(command)

/** What a suite adds to its title, so that a skipped one is seen. */
export const cosignHint: string = hasCosign
  ? ''
  : ' (skipped: install it with node test/tools/install.mjs cosign)'

/** What a run of cosign came to. */
export interface CosignRun {
  readonly code: number
  /** Both streams. */
  readonly output: string
}

/** Runs cosign 3.1.2 in a folder that is also its home. */
export async function runCosign(
  folder: string,
  password: string,
  args: readonly string[],
): Promise<CosignRun> {
  const env = { HOME: folder, PATH: '', COSIGN_PASSWORD: password }
  const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text))
  const [code] = (await once(child, 'close')) as [number]
  return { code, output }
}
