import type { AdvisoryIndex } from '../advisories/advisory-index.ts'

/** Everything that an index answers to some questions, without the order of lists that have none. */
export function answersOf(
  index: AdvisoryIndex,
  {
    ecosystems,
    names,
    ids,
  }: { ecosystems: readonly string[]; names: readonly string[]; ids: readonly string[] },
): unknown {
  return {
    size: index.size,
    digest: index.digest,
    updatedAt: index.updatedAt,
    counts: ecosystems.map((ecosystem) => index.count(ecosystem)),
    entries: ecosystems.flatMap((ecosystem) =>
      names.map((name) =>
        index
          .find(ecosystem, name)
          .map((entry) => JSON.stringify(entry))
          .toSorted(),
      ),
    ),
    aliases: ids.map((id) => index.aliasesOf(id).toSorted()),
    kev: ids.map((id) => index.kev?.(id)),
    epss: ids.map((id) => index.epss?.(id)),
  }
}
