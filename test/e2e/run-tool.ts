import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { requireTool } from '@sallyport/test-tools'

const execute = promisify(execFile)

/** How a tool ended. */
export interface ToolResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs an independent tool and says how it ended; a tool that is missing throws. */
export async function runTool(
  name: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<ToolResult> {
  const command = requireTool(name)
  try {
    const { stdout, stderr } = await execute(command, [...args], {
      env: { ...process.env, ...env },
      maxBuffer: 256 * 1024 * 1024,
      timeout: 240_000,
    })
    return { code: 0, stdout, stderr }
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string }
    if (typeof code !== 'number') throw error
    return { code, stdout: stdout ?? '', stderr: stderr ?? '' }
  }
}
