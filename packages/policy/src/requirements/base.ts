import * as z from 'zod'
import { matchGlob } from '../evaluate/match-glob.ts'
import type { BaseFacts } from '../facts.ts'
import type { RuleKind } from '../rules/rule-kind.ts'
import { broken, holds } from '../rules/rule-result.ts'
import { durationSchema, findAgeFault, toMilliseconds } from './age.ts'
import { type Presence, presenceLoosened, presenceSchema } from './presence.ts'
import { allowsMore, raised } from './tightening.ts'

/** The image that it was built on is one of those that may be used, and young enough. */
export interface BaseRule {
  readonly presence: Presence
  /** Names and digests, as globs, of which one must match; any base when absent. */
  readonly allow?: readonly string[] | undefined
  /** Since its creation. */
  readonly maxAge?: string | undefined
  /** By what it may be known; an annotation, label or provenance is a claim, layers are proof. Any when absent. */
  readonly knownBy?: readonly BaseFacts['knownBy'][] | undefined
}

/** `base`. */
export const baseKind: RuleKind<BaseRule> = {
  schema: z.strictObject({
    presence: presenceSchema,
    allow: z.array(z.string().min(1).max(1_000)).min(1).max(1_000).optional(),
    maxAge: durationSchema.optional(),
    knownBy: z
      .array(z.enum(['annotation', 'label', 'provenance', 'layers']))
      .min(1)
      .optional(),
  }),
  loosened: (parent, child) => [
    ...presenceLoosened(parent, child),
    ...allowsMore(['allow'], parent.allow, child.allow),
    ...raised(['maxAge'], toMilliseconds(parent.maxAge), toMilliseconds(child.maxAge)).map((one) => ({
      ...one,
      was: parent.maxAge ?? '',
    })),
    ...allowsMore(['knownBy'], parent.knownBy, child.knownBy),
  ],
  evaluate({ presence, allow, maxAge, knownBy }, { facts: { base }, now }) {
    if (!base)
      return presence === 'required'
        ? broken('base-unknown', 'nobody knows what it was built on')
        : holds('nobody knows what it was built on, which this rule lives with')

    const { name, digest, created } = base
    const named = `${name ?? digest ?? 'a base without a name'} (known by ${base.knownBy})`
    if (knownBy && !knownBy.includes(base.knownBy))
      return broken('base-unproven', `${named}, which must be known by ${knownBy.join(' or ')}`, {
        offenders: [named],
      })
    const matches = (glob: string) =>
      (name !== undefined && matchGlob(glob, name)) || (digest !== undefined && matchGlob(glob, digest))
    if (allow && !allow.some(matches))
      return broken('base-not-allowed', `built on ${named}, which is not among those that may be used`, {
        offenders: [named],
      })
    const fault = maxAge === undefined ? undefined : findAgeFault(created, maxAge, now)
    return fault === undefined
      ? holds(`built on ${named}`)
      : broken('base-too-old', `built on ${named}, ${fault}`, { offenders: [named] })
  },
}
