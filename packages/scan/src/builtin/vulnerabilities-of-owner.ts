import type { Package } from '@sallyport/inventory'
import { cveOfDistroRecord, isBundle } from '../advisories/advisory-ids.ts'
import type { AdvisoryIndex } from '../advisories/advisory-index.ts'
import type { EcosystemChoice } from './ecosystem-of.ts'
import { concerns, lookupsOf } from './lookups-of.ts'

/**
 * All names of the vulnerabilities of which a distribution says anything about one of its packages, be it that there is none
 * or that it is fixed. Of others in what the package brought along it says nothing: nobody may have looked.
 */
export function vulnerabilitiesOfOwner(
  owner: Package,
  { names, base, subscription }: Extract<EcosystemChoice, { ok: true }>,
  index: AdvisoryIndex,
): ReadonlySet<string> {
  const ecosystems = [...names, base, subscription].filter((name) => name !== undefined)
  const found = new Set<string>()
  for (const lookup of lookupsOf(owner, { builtUsing: true }).flat()) {
    for (const entry of ecosystems.flatMap((name) => index.find(name, lookup.name))) {
      if (!concerns(owner, lookup, entry)) continue
      const { id, aliases, upstream } = entry.record
      for (const name of [id, cveOfDistroRecord(id), ...(aliases ?? []), ...(upstream ?? [])]) {
        if (name !== undefined && !isBundle(name)) found.add(name)
      }
    }
  }
  return found
}
