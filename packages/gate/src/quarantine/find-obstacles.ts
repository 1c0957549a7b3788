import type { Decision } from '@sallyport/policy'

/** What no waiver can take away, in words with what to do; empty when waivers would let the image through. */
export function findObstacles({
  verdict,
  reasons,
}: Pick<Decision, 'verdict' | 'reasons'>): readonly string[] {
  const obstacles = reasons
    .filter(({ effect, findings = [], offenders = [] }) =>
      effect === 'error' ? true : effect === 'fail' && (findings.length === 0 || offenders.length > 0),
    )
    .map(({ message, remedy }) => (remedy === undefined ? message : `${message} (${remedy})`))
  if (obstacles.length > 0) return obstacles
  // Whoever made this decision did not say why; nobody can answer for what nobody knows.
  if (verdict !== 'fail') return [`the verdict is ${verdict}`]
  return reasons.some(({ effect }) => effect === 'fail') ? [] : ['it names no finding that stopped it']
}
