import type { Decision, WaiverFile } from '@sallyport/policy'

/** What decisions are held against. */
export interface StandingTerms {
  readonly now: Date
  /** Files of waivers that are in force, those of approvals as they stand now. */
  readonly waivers?: readonly WaiverFile[] | undefined
}

/**
 * Whether nothing that a passed decision rests on has run out or was taken back since: a waiver that it applied, the leave to
 * break glass, a rule that only warned. What changes with the age of findings it can't tell: that is why decisions are
 * used again for a short time only.
 */
export function decisionStands(
  { waivers, rules, breakGlass, inputs }: Decision,
  { now, waivers: files = [] }: StandingTerms,
): boolean {
  const isOver = (time: string) => !(Date.parse(time) > now.getTime())
  const used = new Set<string>(inputs.waivers.map(({ digest }) => digest))
  const inForce = new Set(
    files.filter(({ digest }) => used.has(digest)).flatMap((file) => file.waivers.map(({ id }) => id)),
  )
  return (
    !waivers.some(({ id, state, expires }) => state === 'applied' && (isOver(expires) || !inForce.has(id))) &&
    !rules.some(({ enforceFrom, holds }) => enforceFrom !== undefined && !holds && isOver(enforceFrom)) &&
    !(breakGlass?.needed === true && isOver(breakGlass.expires))
  )
}
