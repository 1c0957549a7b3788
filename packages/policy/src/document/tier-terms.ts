import * as z from 'zod'
import { matchGlob } from '../evaluate/match-glob.ts'
import type { Loosening } from '../rules/rule-kind.ts'
import { formatDuration } from './duration.ts'
import { durationSchema, instantSchema, lineSchema, proseSchema } from './rule-settings.schema.ts'
import type { AcceptedGap, BreakGlassTerms, FreezeWindow, WaiverTerms } from './tier.ts'

/** Something of a tier that is no rule: how it is written, and which change makes it looser. */
export interface TermsKind<Terms> {
  readonly schema: z.ZodType<Terms>
  readonly loosened: (parent: Terms, child: Terms) => readonly Loosening[]
}

/** `waivers:` of a tier. */
export const waiverTermsKind: TermsKind<WaiverTerms> = {
  schema: z
    .strictObject({
      allowed: z.boolean().default(true).describe('Whether waivers count at all'),
      maxLifetime: durationSchema.optional().describe('Longest time from grant to expiry'),
      nearExpiry: durationSchema.prefault('14d').describe('From when before its expiry one is reported'),
      approverRequired: z.boolean().default(false).describe('Whether an approver must be named'),
    })
    .transform(({ allowed, maxLifetime, nearExpiry, approverRequired }) => ({
      allowed,
      maxLifetimeMs: maxLifetime,
      nearExpiryMs: nearExpiry,
      approverRequired,
    })),
  loosened: (parent, child) => [
    ...differs('allowed', child.allowed && !parent.allowed, 'false'),
    ...differs(
      'maxLifetime',
      (child.maxLifetimeMs ?? Infinity) > (parent.maxLifetimeMs ?? Infinity),
      formatDuration(parent.maxLifetimeMs ?? 0),
    ),
    ...differs('approverRequired', parent.approverRequired && !child.approverRequired, 'true'),
  ],
}

/** `breakGlass:` of a tier. */
export const breakGlassTermsKind: TermsKind<BreakGlassTerms> = {
  schema: z
    .strictObject({
      allowed: z.boolean().default(false).describe('Whether somebody may let through what fails'),
      maxLifetime: durationSchema.prefault('24h').describe('Longest time from now to its expiry'),
      actors: z.array(lineSchema).min(1).max(1_000).optional().describe('Who may; anybody when absent'),
    })
    .transform(({ allowed, maxLifetime, actors }) => ({ allowed, maxLifetimeMs: maxLifetime, actors })),
  loosened: (parent, child) =>
    !child.allowed
      ? []
      : !parent.allowed
        ? [{ path: ['allowed'], was: 'false' }]
        : [
            ...differs(
              'maxLifetime',
              child.maxLifetimeMs > parent.maxLifetimeMs,
              formatDuration(parent.maxLifetimeMs),
            ),
            ...differs('actors', !isSubset(child.actors, parent.actors), (parent.actors ?? []).join(', ')),
          ],
}

/** `trace:` of a tier. */
export const traceTermsKind: TermsKind<'complete' | 'partial'> = {
  schema: z
    .strictObject({
      coverage: z
        .enum(['complete', 'partial'])
        .default('complete')
        .describe('How complete recordings must be before "not executed" counts'),
    })
    .transform(({ coverage }) => coverage),
  loosened: (parent, child) => differs('coverage', parent === 'complete' && child === 'partial', 'complete'),
}

/** An entry of `freeze:`, without its name. */
export const freezeWindowKind: TermsKind<Omit<FreezeWindow, 'name'>> = {
  schema: z
    .strictObject({
      from: instantSchema('start').describe('Inclusive; of a bare date its start in UTC'),
      until: instantSchema('end').describe('Exclusive; of a bare date its end in UTC'),
      reason: proseSchema,
      except: z.array(lineSchema).max(1_000).optional().describe('Destination globs that it does not stop'),
    })
    .refine(({ from, until }) => from < until, { path: ['until'], message: 'it ends before it starts' }),
  loosened: (parent, child) => [
    ...differs('from', child.from > parent.from, parent.from),
    ...differs('until', child.until < parent.until, parent.until),
    ...differs(
      'except',
      !isSubset(child.except ?? [], parent.except ?? []),
      (parent.except ?? []).join(', ') || 'none',
    ),
  ],
}

/** An entry of `accept:`. */
export const acceptedGapSchema: z.ZodType<AcceptedGap> = z
  .strictObject({
    gap: z.string().regex(/^[A-Z_]{1,64}$/, 'expected the code of a gap, e.g. DATABASE_MISSING'),
    images: lineSchema.describe('Destinations, with * for any text'),
    reason: proseSchema,
  })
  .transform(({ gap, images, reason }) => ({ code: gap, images, reason }))

/** Whether a tier lives with a gap already: a glob matches another when it matches all that the other does. */
export function isGapCovered(gap: AcceptedGap, accepted: readonly AcceptedGap[]): boolean {
  return accepted.some(({ code, images }) => code === gap.code && matchGlob(images, gap.images))
}

function differs(field: string, isLooser: boolean, was: string): Loosening[] {
  return isLooser ? [{ path: [field], was }] : []
}

/** Absent is everything. */
function isSubset(part: readonly string[] | undefined, whole: readonly string[] | undefined): boolean {
  return whole === undefined || (part !== undefined && part.every((entry) => whole.includes(entry)))
}
