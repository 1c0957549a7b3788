import type { Decision, WaiverFile } from '@sallyport/policy'
import type { KeptJudgement } from '../promote/kept-judgement.ts'
import type { OwnedIgnoreFile } from './apply-statements.ts'

/** What decisions are held against. */
export interface StandingTerms {
  readonly now: Date
  /** Files of waivers that are in force, those of approvals as they stand now. */
  readonly waivers?: readonly WaiverFile[] | undefined
  /** Ignore files that it was made with. */
  readonly ignore?: readonly Pick<OwnedIgnoreFile, 'rules'>[] | undefined
}

/**
 * Whether nothing that a passed decision rests on has run out or was taken back since: a waiver that it applied, an ignore
 * rule, the leave to break glass, a rule that only warned. What changes with the age of findings it can't tell: that is
 * why decisions are used again for a short time only.
 */
export function decisionStands(
  { waivers, rules, breakGlass, inputs, evaluatedAt }: Decision,
  { now, waivers: files = [], ignore = [] }: StandingTerms,
): boolean {
  const isOver = (time: string) => !(Date.parse(time) > now.getTime())
  const used = new Set<string>(inputs.waivers.map(({ digest }) => digest))
  const inForce = new Set(
    files.filter(({ digest }) => used.has(digest)).flatMap((file) => file.waivers.map(({ id }) => id)),
  )
  // A decision does not tell of everything that ignore rules set aside: any that has ended since may have counted.
  const endedSince = (time: string) => isOver(time) && !(Date.parse(time) <= Date.parse(evaluatedAt))
  return (
    !ignore.some((file) => file.rules.some(({ expires }) => expires !== undefined && endedSince(expires))) &&
    !waivers.some(({ id, state, expires }) => state === 'applied' && (isOver(expires) || !inForce.has(id))) &&
    !rules.some(({ enforceFrom, holds }) => enforceFrom !== undefined && !holds && isOver(enforceFrom)) &&
    !(breakGlass?.needed === true && isOver(breakGlass.expires))
  )
}

/** Whether all decisions of a judgement stand, as {@link decisionStands} says. */
export function judgementStands(
  { decision, platforms }: Pick<KeptJudgement, 'decision' | 'platforms'>,
  terms: StandingTerms,
): boolean {
  return [decision, ...platforms.map((each) => each.decision)].every((each) => decisionStands(each, terms))
}
