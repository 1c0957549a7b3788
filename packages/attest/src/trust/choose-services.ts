import { isWithin } from './is-within.ts'
import type { ConfiguredService } from './signing-config.ts'

/** What services are chosen by. */
export interface ServiceCriteria {
  /** Major versions of the API that can be spoken. */
  readonly versions: readonly number[]
  readonly now: Date
}

/**
 * The services that may be used now: valid, of the highest version of the API that both sides speak, the one that
 * became valid last of each operator. The newest come first.
 */
export function chooseServices(
  services: readonly ConfiguredService[],
  { versions, now }: ServiceCriteria,
): readonly ConfiguredService[] {
  const usable = services.filter(
    ({ majorApiVersion, validFor }) => versions.includes(majorApiVersion) && isWithin(now, validFor),
  )
  const highest = Math.max(...usable.map(({ majorApiVersion }) => majorApiVersion))
  const newest = usable
    .filter(({ majorApiVersion }) => majorApiVersion === highest)
    .toSorted((one, other) => other.validFor.start.getTime() - one.validFor.start.getTime())
  return newest.filter(
    ({ operator }, index) => newest.findIndex((each) => each.operator === operator) === index,
  )
}
