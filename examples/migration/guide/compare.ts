import type { Gate } from '@sallyport/gate'
import { explain } from '@sallyport/policy'

/** What the gate says of an image that the script let through or stopped; undefined where both agree. */
export async function compare(
  gate: Gate,
  [from, to]: readonly [string, string],
  script: 'passed' | 'stopped',
): Promise<string | undefined> {
  const { decision } = await gate.plan({ from, to, tier: 'prod' })
  const agrees = (decision.verdict === 'pass') === (script === 'passed')
  return agrees ? undefined : `${from}: the script ${script}, the gate says\n${explain(decision)}`
}
