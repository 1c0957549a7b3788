import { execFile } from 'node:child_process'
import process from 'node:process'
import { promisify } from 'node:util'
import { requireTool } from '@sallyport/test-tools'

/** Runs a tool to its end and gives what it printed; rejects with what it complained of. */
export async function runTool(name: string, args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(requireTool(name), args, {
    env: { ...process.env, SYFT_CHECK_FOR_APP_UPDATE: 'false' },
    maxBuffer: 256 * 1024 * 1024,
    timeout: 300_000,
  })
  return stdout
}
