import { execFile } from 'node:child_process'
import type { RunContext } from '../command.ts'
import { printable } from '../output/progress.ts'
import type { Check } from './check.ts'

/** Programs that commands may start, or that people use beside this one. */
const tools = [
  { name: 'trivy', arguments: ['--version'], scanner: 'trivy' },
  { name: 'grype', arguments: ['--version'], scanner: 'grype' },
  { name: 'osv-scanner', arguments: ['--version'], scanner: 'osv-scanner' },
  { name: 'cosign', arguments: ['version'], scanner: undefined },
] as const

/** Which of them are there, and their versions. One that a setting asks for has to be. */
export async function checkTools({ settings, environment, signal }: RunContext): Promise<readonly Check[]> {
  const scanners = settings.list('scanner')
  return Promise.all(
    tools.map(async ({ name, arguments: parameters, scanner }): Promise<Check> => {
      const said = await ask(name, parameters, environment, signal)
      if (said.kind === 'version') return { what: name, state: 'ok', message: said.version }
      const isNeeded = scanner !== undefined && scanners.includes(scanner)
      const message = said.kind === 'missing' ? 'not on the PATH' : 'does not tell its version'
      if (!isNeeded) return { what: name, state: 'ok', message: `${message}, and not needed` }
      return { what: name, state: 'fail', message, advice: `Install it, or take it out of --scanner.` }
    }),
  )
}

type Answer = { readonly kind: 'version'; readonly version: string } | { readonly kind: 'missing' | 'failed' }

function ask(
  name: string,
  parameters: readonly string[],
  { PATH, HOME }: RunContext['environment'],
  signal: AbortSignal,
): Promise<Answer> {
  return new Promise((resolve) => {
    const options = {
      env: { PATH, HOME },
      timeout: 10_000,
      maxBuffer: 64 * 1024,
      signal,
      killSignal: 'SIGKILL' as const,
    }
    execFile(name, parameters, options, (error, stdout, stderr) => {
      if (error && (error as NodeJS.ErrnoException).code === 'ENOENT') return resolve({ kind: 'missing' })
      const version = /\bv?(\d+\.\d+\.\d+[\w.+-]{0,20})/.exec(`${stdout}\n${stderr}`)?.[1]
      resolve(
        error || version === undefined
          ? { kind: 'failed' }
          : { kind: 'version', version: printable(version) },
      )
    })
  })
}
