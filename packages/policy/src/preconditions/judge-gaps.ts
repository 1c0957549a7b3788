import type { RuleContext, RuleResult } from '../rules/rule-kind.ts'
import { toResult } from './to-result.ts'

/** Something that was not judged. */
export interface Gap {
  /** By which a tier accepts it, e.g. `DATABASE_MISSING`. */
  readonly code: string
  readonly message: string
}

/** Tells gaps that the tier lives with, as notes, from those that leave the image unjudged. */
export function judgeGaps(
  gaps: readonly Gap[],
  { acceptedGap }: Pick<RuleContext, 'acceptedGap'>,
  holds: string,
): RuleResult {
  const open: Gap[] = []
  const notes: { code: string; message: string }[] = []
  for (const gap of gaps) {
    const reason = acceptedGap?.(gap.code)
    if (reason === undefined) open.push(gap)
    else notes.push({ code: 'gap-accepted', message: `${gap.code}: ${gap.message} (accepted: ${reason})` })
  }
  const codes = [...new Set(open.map(({ code }) => code))].sort().join(', ')
  const result = toResult(
    open.map(({ code, message }) => `${code}: ${message}`),
    {
      code: 'coverage-gap',
      holds,
      remedy: `make the image readable, or accept ${codes} for images that you name in the policy`,
    },
  )
  return notes.length === 0 ? result : { ...result, notes }
}
