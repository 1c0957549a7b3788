import type { Digest } from '@sallyport/core'
import { type DurableSteps, GateError, type Preparation, type Resolution } from '@sallyport/gate'

/**
 * Lets a promotion go on only while its tag is where the plan saw it, or where an interrupted attempt of the same promotion
 * has put it: the gate by itself promotes over whatever is there when it begins.
 */
export function guardSteps(steps: DurableSteps, planned: Digest): DurableSteps {
  let resolution: Resolution | undefined
  const refuse = (): never => {
    const { destination, expected } = resolution!
    throw new GateError(
      'TAG_CONFLICT',
      `${destination} is at ${expected ?? 'no digest'}, not at ${planned} as planned: audit it again`,
      { step: 'resolve', side: 'target' },
    )
  }
  return {
    async run<T>(
      name: string,
      work: (signal: AbortSignal | undefined) => Promise<T>,
      revive?: (earlier: T) => Promise<T | undefined>,
    ): Promise<T> {
      const isElsewhere = resolution !== undefined && resolution.expected !== planned
      // Not before: what `resolve` returned is what the gate notes the failure by.
      if (name === 'prepare' && isElsewhere && resolution?.previousDigest !== planned) refuse()
      const value = await steps.run(name, work, revive)
      if (name === 'resolve') resolution = value as Resolution
      if (name === 'prepare' && isElsewhere && rootOf(value as Preparation) !== resolution?.expected) refuse()
      return value
    },
  }
}

function rootOf(preparation: Preparation): Digest | undefined {
  if (preparation.verdict !== 'pass') return undefined
  return (preparation.index ?? preparation.images[0])?.digest
}
