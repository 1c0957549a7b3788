import { formatCount } from '@sallyport/core'
import type { RunContext } from '../command.ts'
import { formatAge } from '../output/format.ts'
import { openAdvisories } from '../parts/scanners.ts'
import type { Check } from './check.ts'
import { toCheck } from './check-config.ts'

/** Data for scanners that are older let new vulnerabilities through. */
const oldMs = 48 * 3_600_000

/** How old the advisories of the built-in scanner are. */
export async function checkAdvisories(context: RunContext): Promise<readonly Check[]> {
  const { settings } = context
  const what = 'advisories'
  if (settings.text('advisories') === undefined)
    return settings.list('scanner').includes('builtin')
      ? [
          {
            what,
            state: 'warn',
            message: 'none',
            advice: 'The built-in scanner needs some: set --advisories.',
          },
        ]
      : []
  try {
    const opened = await openAdvisories(context)
    const { createAdvisoryIndex } = await import('@sallyport/scan')
    const index = 'length' in opened ? createAdvisoryIndex(opened) : opened
    const ageMs = index.updatedAt === undefined ? Infinity : Date.now() - Date.parse(index.updatedAt)
    const age = Number.isFinite(ageMs) ? `${formatAge(ageMs)} old` : 'of unknown age'
    const message = `${formatCount(index.size, 'record')}, ${age}`
    if (index.size === 0) return [{ what, state: 'fail', message, advice: 'Every image would look clean.' }]
    return ageMs <= (settings.number('max-data-age') ?? oldMs)
      ? [{ what, state: 'ok', message }]
      : [{ what, state: 'warn', message, advice: 'Renew them: `sallyport advisories pull`.' }]
  } catch (error) {
    return [toCheck(what, error)]
  }
}
