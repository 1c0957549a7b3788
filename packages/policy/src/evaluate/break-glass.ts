import type { Verdict } from '@sallyport/core'
import type { BreakGlass } from '../break-glass.ts'
import type { Decision, DecisionReason } from '../decision.ts'
import type { BreakGlassTerms } from '../document/tier.ts'
import { parseInstant } from '../parse-instant.ts'

const shortestJustification = 10

/** What a wish to let an image through comes to. */
export interface BrokenGlass {
  readonly verdict: Verdict
  readonly breakGlass?: Decision['breakGlass']
  readonly reasons: readonly DecisionReason[]
}

/**
 * Lets an image through that fails, where the tier's terms allow it. What could not be judged is never let through, and a
 * wish that the terms do not allow is told and changes nothing.
 */
export function applyBreakGlass(
  verdict: Verdict,
  wish: BreakGlass,
  { terms, now }: { readonly terms: BreakGlassTerms; readonly now: Date },
): BrokenGlass {
  const refusal =
    refuse(wish, terms, now) ??
    (verdict === 'error' ? 'what could not be judged is never let through' : undefined)
  if (refusal !== undefined) {
    const message = `break-glass of ${wish.actor} is not used: ${refusal}`
    return { verdict, reasons: [{ effect: 'note', code: 'break-glass-refused', message }] }
  }
  const needed = verdict === 'fail'
  return {
    verdict: 'pass',
    breakGlass: { ...wish, needed },
    reasons: [
      {
        effect: 'note',
        code: needed ? 'break-glass-used' : 'break-glass-not-needed',
        message: `${needed ? 'let through' : 'it passes without the break-glass'} by ${wish.actor} until ${wish.expires}: ${wish.justification}`,
      },
    ],
  }
}

/** Why the terms do not allow it; `undefined` when they do. */
function refuse(
  { justification, actor, expires }: BreakGlass,
  { allowed, actors, maxLifetimeMs }: BreakGlassTerms,
  now: Date,
): string | undefined {
  if (!allowed) return 'the tier does not allow it'
  if (actor.trim() === '') return 'it names no actor'
  if (actors && !actors.includes(actor)) return 'the tier does not allow it to this actor'
  if (justification.trim().length < shortestJustification) {
    return `its justification is shorter than ${shortestJustification} characters`
  }
  const end = parseInstant(expires)
  if (end === undefined) return 'its expiry is no ISO 8601 instant with a zone'
  const left = end - now.getTime()
  if (left <= 0) return `it expired at ${expires}`
  if (!(left <= maxLifetimeMs)) {
    return `it lasts longer than the ${Math.floor(maxLifetimeMs / 60_000)} minutes that the tier allows`
  }
  return undefined
}
