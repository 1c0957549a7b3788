import type { Decision } from '@sallyport/policy'
import type { QuarantinedFinding } from '../ports/quarantine-store.ts'
import { findObstacles } from './find-obstacles.ts'

const maxSteps = 50
const maxNames = 5

/** What a person can do about a refusal, the cheapest first: update, remove what nothing needs, remedies of the rules, approve. */
export function nextSteps(
  { verdict, reasons }: Pick<Decision, 'verdict' | 'reasons'>,
  findings: readonly QuarantinedFinding[],
): readonly string[] {
  const fixable = new Map<string, string[]>()
  const removable = new Map<string, string[]>()
  for (const { id, purl, fix, why } of findings) {
    const name = purl.split('?')[0]!
    const place =
      fix.suggested !== undefined
        ? `Update ${name} to ${fix.suggested}`
        : why === undefined
          ? name
          : undefined
    if (place === undefined) continue
    const group = fix.suggested !== undefined ? fixable : removable
    group.set(place, [...(group.get(place) ?? []), id])
  }
  const steps = [
    ...[...fixable].map(([update, ids]) => `${update} (${nameSome(ids)})`),
    ...[...removable].map(
      ([name, ids]) =>
        `Remove ${name}, which nothing is known to need, or let the gate harden it (${nameSome(ids)})`,
    ),
    ...reasons
      .filter(({ effect }) => effect === 'fail' || effect === 'error')
      .flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy])),
  ]
  const needed = findings.filter(({ fix, why }) => fix.suggested === undefined && why !== undefined)
  if (needed.length > 0)
    steps.push(
      `No fix is known for ${nameSome(needed.map(({ id }) => id))}, and the image needs the package: build it without, or on another base`,
    )
  if (findObstacles({ verdict, reasons }).length === 0)
    steps.push('Approve it for a time: that signs a waiver for each finding that stops it')
  return [...new Set(steps)].slice(0, maxSteps)
}

function nameSome(ids: readonly string[]): string {
  const names = [...new Set(ids)]
  const more = names.length - maxNames
  return more > 0 ? `${names.slice(0, maxNames).join(', ')} and ${more} more` : names.join(', ')
}
