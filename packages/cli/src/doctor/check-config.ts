import type { RunContext } from '../command.ts'
import { nearestName } from '../internal/nearest-name.ts'
import { printable } from '../output/progress.ts'
import { environmentName, optionNames } from '../settings/option-table.ts'
import { readPolicy, readWaivers } from '../parts/policy.ts'
import { describeError } from '../output/describe-error.ts'
import type { Check } from './check.ts'

/** The configuration file, and the policy that it names. */
export async function checkConfig(context: RunContext): Promise<readonly Check[]> {
  const { file, settings } = context
  const own: readonly Check[] = [
    { what: 'configuration', state: 'ok', message: file ? file.path : 'no file' },
    ...checkVariables(context.environment),
  ]
  if (settings.text('policy') === undefined) return own
  try {
    const policy = await readPolicy(context)
    await readWaivers(context)
    const tier = settings.text('tier')
    if (tier === undefined || policy.tiers.has(tier))
      return [
        ...own,
        {
          what: 'policy',
          state: 'ok',
          message: `${policy.source}: tiers ${[...policy.tiers.keys()].join(', ')}`,
        },
      ]
    return [
      ...own,
      {
        what: 'policy',
        state: 'fail',
        message: `${policy.source} has no tier ${tier}`,
        advice: 'Correct --tier.',
      },
    ]
  } catch (error) {
    return [...own, toCheck('policy', error)]
  }
}

/** A variable that is misspelt does nothing, and nothing else says so. */
export function checkVariables(environment: RunContext['environment']): readonly Check[] {
  const known = optionNames.map(environmentName)
  return Object.keys(environment)
    .filter((name) => name.startsWith('SALLYPORT_') && !known.includes(name))
    .map((name) => {
      const near = nearestName(name, known)
      const advice = near ? `Did you mean ${near}?` : 'Variables are named after options.'
      return { what: 'environment', state: 'warn', message: `${printable(name)} is no option`, advice }
    })
}

/** A check that failed by an error. */
export function toCheck(what: string, error: unknown, state: 'warn' | 'fail' = 'fail'): Check {
  const { message, advice, code } = describeError(error)
  return { what, state, message: `${message} (${code})`, advice }
}
