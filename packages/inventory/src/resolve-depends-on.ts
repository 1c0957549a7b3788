/** What a package offers and asks for, in the words of its kind of database. */
export interface PackageNeeds {
  readonly purl: string
  readonly arch?: string | undefined
  readonly offers: Iterable<string>
  /** All of the outer list, any one of each inner list. */
  readonly needs: Iterable<readonly string[]>
}

/** A need that more packages than these meet says nothing of any one of them. */
const maxProviders = 16

/**
 * For each package the purls of those among `all` that meet its needs, sorted; of one need all that meet it, those of
 * its own architecture first. Needs that nothing meets are left out: the database alone does not say whether they matter.
 */
export function resolveDependsOn(all: readonly PackageNeeds[]): readonly (readonly string[] | undefined)[] {
  const providers = new Map<string, PackageNeeds[]>()
  for (const one of all) {
    for (const offer of new Set(one.offers)) {
      const known = providers.get(offer)
      if (!known) providers.set(offer, [one])
      // One more than the most, so that too many can be told from just enough.
      else if (known.length <= maxProviders) known.push(one)
    }
  }
  return all.map((one) => {
    const found = new Set<string>()
    for (const alternatives of one.needs) {
      const meeting = alternatives.flatMap((name) => providers.get(name) ?? [])
      if (meeting.includes(one) || meeting.length > maxProviders) continue
      const fitting = meeting.filter(({ arch }) => arch === one.arch || arch === 'all' || arch === 'noarch')
      for (const { purl } of fitting.length > 0 ? fitting : meeting) found.add(purl)
    }
    found.delete(one.purl)
    return found.size > 0 ? [...found].sort() : undefined
  })
}
