import type { RuleKind } from '../rules/rule-kind.ts'
import { judgeGaps } from './judge-gaps.ts'
import { type RuleWithoutFields, ruleKindWithoutFields } from './rule-without-fields.ts'

/** Every platform of the source that can run, or that was asked for where only some were, is judged together with this one. */
export const platformsKind: RuleKind<RuleWithoutFields> = ruleKindWithoutFields((context) => {
  const { platforms } = context.facts
  if (!platforms || platforms.present.length === 0) {
    const message = 'nobody says which platforms the source has'
    return judgeGaps([{ code: 'PLATFORMS_UNKNOWN', message }], context, '')
  }
  const { present, chosen = [] } = platforms
  const missing = (chosen.length > 0 ? chosen : present).filter(
    (platform) => !platforms.judged.includes(platform),
  )
  return judgeGaps(
    missing.map((platform) => ({ code: 'PLATFORM_MISSING', message: `${platform} is not judged` })),
    context,
    `judged: ${[...platforms.judged].sort().join(', ')}`,
  )
})
