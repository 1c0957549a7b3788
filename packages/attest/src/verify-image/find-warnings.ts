import { wireFormat } from '../storage/wire-format.ts'
import type { StoreReport, VerdictWarning } from './image-verdict.ts'
import type { RequirementTally } from './requirement-tally.ts'
import type { SubjectFindings } from './verify-subject.ts'

/** So many candidates that count for nobody are worth a word. */
const muchJunk = 20

/** What should be known besides the verdict. */
export function findWarnings({ subject, looked, tallies }: SubjectFindings): readonly VerdictWarning[] {
  const rejected = looked.flatMap((one) => one.rejected)
  const warnings: VerdictWarning[] = rejected
    .filter(({ reason }) => reason === 'limit-exceeded')
    .slice(0, 3)
    .map(({ message }) => ({ code: 'limit-exceeded', subject, message }))
  if (rejected.length >= muchJunk) {
    const message = `${rejected.length} pieces stored as evidence count for nobody; who may push here?`
    warnings.push({ code: 'junk-evidence', subject, message })
  }
  const hidden = [...tallies.values()].find((tally) => isHidden(tally, looked))
  if (hidden !== undefined) {
    warnings.push({
      code: 'bundles-hide-signatures',
      subject,
      message: `${hidden.requirement.name}: it is only stored under the tags of cosign 2, and there is a bundle for the image, because of which cosign 3 does not look at them; store it as a bundle too`,
    })
  }
  return warnings
}

/** cosign 3 looks for bundles alone as soon as there is one, of whatever type. */
function isHidden({ counted, requirement }: RequirementTally, looked: SubjectFindings['looked']): boolean {
  if (counted.length === 0 || !counted.every(({ evidence }) => evidence.store.startsWith('legacy-')))
    return false
  const about = new Set(counted.map(({ context }) => context.subject))
  return looked
    .filter((one) => about.has(one.about))
    .some(({ referrers, rejected }) => {
      const bundles = referrers.filter(({ artifactType }) =>
        artifactType?.startsWith(wireFormat.bundlePrefix),
      )
      const bad = new Set(rejected.map(({ manifest }) => manifest))
      const complete = bundles.some(
        ({ digest, annotations }) =>
          requirement.reads(annotations?.[wireFormat.annotations.bundlePredicateType] ?? '') &&
          !bad.has(digest),
      )
      return bundles.length > 0 && !complete
    })
}

/** What each store held. */
export function reportStores({ looked }: SubjectFindings): readonly StoreReport[] {
  return looked.flatMap(({ about, stores, verified, rejected, unneeded }) =>
    stores.map((store) => {
      const count = (list: readonly { readonly store: string }[]): number =>
        list.filter((one) => one.store === store).length
      return {
        subject: about,
        store,
        verified: count(verified),
        rejected: count(rejected),
        unneeded: count(unneeded),
      }
    }),
  )
}
