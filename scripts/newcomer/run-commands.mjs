import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { dirname, delimiter } from 'node:path'
import process from 'node:process'

/**
 * Runs commands as a person would, each timed, in one shell that ends with the first that fails. Nothing of this checkout is on
 * the path but its Node.
 */
export async function runCommands(commands, { folder, environment, root }) {
  const started = performance.now()
  const lines = commands.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  const script = lines.map(
    (line) => `echo "$ "${quote(line)}; at=$(date +%s%N)
${line}
echo "  ($(( ($(date +%s%N) - at) / 1000000 )) ms)"`,
  )
  const path = (process.env.PATH ?? '').split(delimiter).filter((entry) => !entry.startsWith(root))
  const shell = spawn('bash', ['-euo', 'pipefail', '-c', script.join('\n')], {
    cwd: folder,
    env: { ...process.env, ...environment, PATH: [dirname(process.execPath), ...path].join(delimiter) },
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  const [code] = await once(shell, 'exit')
  if (code !== 0) throw new Error(`the commands of README.md ended with ${code}`)
  return performance.now() - started
}

const quote = (text) => `'${text.replaceAll("'", `'\\''`)}'`

export const inSeconds = (ms) => `${(ms / 1000).toFixed(1)} s`
