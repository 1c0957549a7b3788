import { isWithin } from './is-within.ts'
import type { TrustedRoot, TrustedSpan } from './trusted-root.ts'

/**
 * What keeps new signatures from verifying with this root at a time, in words for a log or a person: kinds of parts of
 * which none counts any more. A root that is kept in a file grows old so; signatures from before still verify.
 */
export function trustedRootProblems(root: TrustedRoot, now: Date): readonly string[] {
  const kinds: readonly [string, readonly { readonly validFor: TrustedSpan }[]][] = [
    ['transparency log', root.logs],
    ['certificate authority', root.certificateAuthorities],
    ['certificate transparency log', root.ctLogs],
    ['timestamp authority', root.timestampAuthorities],
  ]
  return kinds.flatMap(([kind, parts]) => {
    if (parts.length === 0 || parts.some(({ validFor }) => isWithin(now, validFor))) return []
    const ends = parts.flatMap(({ validFor: { end } }) =>
      end !== undefined && end < now ? [end.getTime()] : [],
    )
    return ends.length === 0
      ? [`no ${kind} counts yet`]
      : [`no ${kind} counts since ${new Date(Math.max(...ends)).toISOString()}`]
  })
}
