import * as z from 'zod'
import type { RuleKind } from '../rules/rule-kind.ts'
import { broken, holds, unanswered } from '../rules/rule-result.ts'
import { allowsMore, asksLess, dropped } from './tightening.ts'

/** Platforms, as `os/architecture[/variant]`. */
export interface PlatformsRule {
  /** Each of them must be judged. */
  readonly required?: readonly string[] | undefined
  /** `all`: what the source has and could run must be judged. */
  readonly source?: 'all' | undefined
  /** What may be judged; any when absent. */
  readonly allow?: readonly string[] | undefined
}

const platforms = z
  .array(
    z.string().regex(/^[a-z0-9]+\/[a-z0-9]+(\/[a-z0-9.]+)?$/, 'expected e.g. linux/amd64 or linux/arm/v7'),
  )
  .min(1)
  .max(100)
  .optional()

/** `platforms`. */
export const platformsKind: RuleKind<PlatformsRule> = {
  schema: z
    .strictObject({ required: platforms, source: z.literal('all').optional(), allow: platforms })
    .refine(
      ({ required, source, allow }) => required ?? source ?? allow,
      'expected required, source or allow',
    ),
  loosened: (parent, child) => [
    ...asksLess(['required'], parent.required, child.required),
    ...dropped(['source'], parent.source, child.source),
    ...allowsMore(['allow'], parent.allow, child.allow),
  ],
  evaluate({ required = [], source, allow }, { facts: { platforms: known } }) {
    if (!known) return unanswered('platforms-unknown', 'nobody knows its platforms')
    const judged = new Set(known.judged.map(normalize))
    if (judged.size === 0) return unanswered('platforms-unknown', 'no platform is judged')
    const permitted = allow && new Set(allow.map(normalize))
    const offenders = [
      ...required.filter((one) => !judged.has(normalize(one))).map((one) => `${one}: required, not judged`),
      ...(source ? known.present : [])
        .filter((one) => !judged.has(normalize(one)))
        .map((one) => `${one}: in the source, not judged`),
      ...known.judged
        .filter((one) => permitted && !permitted.has(normalize(one)))
        .map((one) => `${one}: not allowed`),
    ]
    return offenders.length === 0
      ? holds(known.judged.join(', '))
      : broken('platform-missing', 'platforms are not as they must be', { offenders })
  },
}

/** The variant that an architecture has anyway is no difference (containerd, platforms.Normalize). */
function normalize(platform: string): string {
  if (platform === 'linux/arm64/v8') return 'linux/arm64'
  return platform === 'linux/arm' ? 'linux/arm/v7' : platform
}
