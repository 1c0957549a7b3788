import type { Decision } from '@sallyport/policy'

/**
 * Whether nothing that a passed decision rests on has run out since: a waiver that it applied, the leave to break glass, a
 * rule that only warned. What changes with the age of findings it can't tell: that is why decisions are used again for
 * a short time only.
 */
export function decisionStands({ waivers, rules, breakGlass }: Decision, now: Date): boolean {
  const isOver = (time: string) => !(Date.parse(time) > now.getTime())
  return (
    !waivers.some(({ state, expires }) => state === 'applied' && isOver(expires)) &&
    !rules.some(({ enforceFrom, holds }) => enforceFrom !== undefined && !holds && isOver(enforceFrom)) &&
    !(breakGlass?.needed === true && isOver(breakGlass.expires))
  )
}
