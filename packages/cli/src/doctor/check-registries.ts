import { isSallyportError } from '@sallyport/core'
import type { RunContext } from '../command.ts'
import { openClient } from '../parts/client.ts'
import type { Check } from './check.ts'
import { toCheck } from './check-config.ts'

const timeoutMs = 15_000

/** Whether each registry that was named answers, and whether there are credentials for it, which are not shown. */
export async function checkRegistries(context: RunContext): Promise<readonly Check[]> {
  const registries = new Set(context.arguments)
  const login = context.settings.text('login')?.split('=')[0]
  if (login) registries.add(login)
  const checks: Check[] = []
  for (const registry of registries) {
    checks.push(await checkCredentials(registry, context))
    checks.push(await checkReach(registry, context))
  }
  return checks
}

async function checkCredentials(
  registry: string,
  { environment, settings, signal }: RunContext,
): Promise<Check> {
  const what = `credentials ${registry}`
  if (settings.text('login')?.split('=')[0] === registry) return { what, state: 'ok', message: 'of --login' }
  const { dockerConfigCredentials } = await import('@sallyport/oci')
  try {
    const found = await dockerConfigCredentials({ env: environment }).find({ registry }, { signal })
    return found
      ? { what, state: 'ok', message: "of Docker's configuration" }
      : { what, state: 'ok', message: 'none: anonymous' }
  } catch (error) {
    signal.throwIfAborted()
    return toCheck(what, error)
  }
}

async function checkReach(registry: string, context: RunContext): Promise<Check> {
  const what = `registry ${registry}`
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(timeoutMs)])
  try {
    const client = await openClient(context)
    for await (const _ of client.listRepositories(registry, { signal })) break
    return { what, state: 'ok', message: 'answers' }
  } catch (error) {
    context.signal.throwIfAborted()
    if (isSallyportError(error) && ['UNSUPPORTED', 'DENIED'].includes(error.code))
      return { what, state: 'ok', message: 'answers, and shows no catalog' }
    if (signal.aborted)
      return {
        what,
        state: 'fail',
        message: `no answer within ${timeoutMs / 1000} s`,
        advice: 'Check network and proxy.',
      }
    return toCheck(what, error, isSallyportError(error) && error.code === 'UNAUTHORIZED' ? 'warn' : 'fail')
  }
}
