import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { requireTool } from '@sallyport/test-tools'

const execute = promisify(execFile)

/** What regctl must be told to use plain HTTP. */
export const regctlHost = (host: string): readonly string[] => ['--host', `reg=${host},tls=disabled`]

interface RunToolOptions {
  readonly cwd?: string | undefined
  /** The whole environment. Default: that of this process. */
  readonly env?: Readonly<Record<string, string>> | undefined
  /** Default one minute. */
  readonly timeoutMs?: number | undefined
}

/** Runs a tool to its end and gives what it printed; rejects with what it complained of. */
export async function runTool(
  name: string,
  args: readonly string[],
  { cwd, env, timeoutMs = 60_000 }: RunToolOptions = {},
): Promise<string> {
  const options = { cwd, env, maxBuffer: 64 * 1024 * 1024, timeout: timeoutMs }
  return (await execute(requireTool(name), [...args], options)).stdout
}
