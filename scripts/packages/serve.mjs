// Serves the packed packages of .reports/packed to npm until standard input ends. The line that it prints are the
// environment variables that make npm ask it for what is ours.
import { once } from 'node:events'
import process from 'node:process'
import { fileURLToPath } from 'node:url'
import { servePackages } from './serve-packages.mjs'

await using packages = await servePackages(
  fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, ''),
)
process.stdout.write(`${JSON.stringify(packages.environment)}\n`)
process.stdin.resume()
await once(process.stdin, 'end')
