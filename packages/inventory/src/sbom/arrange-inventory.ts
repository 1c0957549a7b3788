import type { Inventory, InventoryGap, Package } from '../inventory.ts'

/** A package with the name that a document refers to it by. */
export interface ReferredPackage {
  readonly found: Package
  /** Unique within the document: its purl, followed by `#2`, `#3` … for further installations of the same. */
  readonly ref: string
  /** Refs of the packages it needs, sorted. */
  readonly dependsOn: readonly string[]
}

/** An inventory in the order in which documents list it, whatever the order it came in. */
export interface ArrangedInventory {
  readonly packages: readonly ReferredPackage[]
  readonly gaps: readonly InventoryGap[]
}

/** Puts packages and gaps into one order and names them, so that a document depends on what is listed alone. */
export function arrangeInventory({ packages, gaps }: Inventory): ArrangedInventory {
  const sorted = sortBy(packages, ({ type, name, version, evidence, purl }) => [
    type,
    name,
    version,
    purl,
    evidence.path,
  ])
  const refs = new Map<string, string[]>()
  const named = sorted.map((found) => {
    const others = refs.get(found.purl) ?? []
    const ref = others.length === 0 ? found.purl : `${found.purl}#${others.length + 1}`
    refs.set(found.purl, [...others, ref])
    return { found, ref }
  })
  return {
    packages: named.map(({ found, ref }) => ({
      found,
      ref,
      // A need names a purl; every installation of it may be the one that fills it.
      dependsOn: [...new Set((found.dependsOn ?? []).flatMap((purl) => refs.get(purl) ?? []))]
        .filter((other) => other !== ref)
        .sort(),
    })),
    gaps: sortBy(gaps, ({ code, path = '', message }) => [code, path, message]),
  }
}

function sortBy<T>(list: readonly T[], fieldsOf: (one: T) => readonly string[]): readonly T[] {
  return list
    .map((one) => ({ one, fields: fieldsOf(one) }))
    .sort(
      (a, b) => compareFields(a.fields, b.fields) || compare(JSON.stringify(a.one), JSON.stringify(b.one)),
    )
    .map(({ one }) => one)
}

function compareFields(one: readonly string[], other: readonly string[]): number {
  for (const [at, field] of one.entries()) {
    const order = compare(field, other[at]!)
    if (order !== 0) return order
  }
  return 0
}

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
