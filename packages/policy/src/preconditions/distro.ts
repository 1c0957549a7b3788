import { distroSupportState } from '@sallyport/inventory/distro'
import type { RuleKind } from '../rules/rule-kind.ts'
import { type Gap, judgeGaps } from './judge-gaps.ts'
import { isDistroGap, scanGaps } from './scan-gaps.ts'
import { type RuleWithoutFields, ruleKindWithoutFields } from './rule-without-fields.ts'

/** The distribution is known, scanners judge it, and somebody still repairs it. */
export const distroKind: RuleKind<RuleWithoutFields> = ruleKindWithoutFields((context) => {
  const { inventory, scan } = context.facts
  const { distro } = inventory
  const gaps: Gap[] = [...inventory.gaps, ...scanGaps(scan)]
    .filter(isDistroGap)
    .map(({ code, message }) => ({ code, message }))
  // even a scanner that judged everything has nothing to tell of a release that gets no advisories any more
  const isToldAlready = gaps.some(({ code }) => code === 'DISTRO_END_OF_LIFE')
  if (distro && !isToldAlready && distroSupportState(distro, context.now) === 'ended') {
    const message = `${distro.id} ${distro.versionId ?? ''} gets no security updates any more`
    gaps.push({ code: 'DISTRO_END_OF_LIFE', message })
  }
  return judgeGaps(
    gaps,
    context,
    distro ? `${distro.id} ${distro.versionId ?? ''} is supported` : 'no distribution',
  )
})
