import { PackageURL } from 'packageurl-js'
import type { CsafBranch, CsafVex } from './csaf-vex.schema.ts'

/** A package of a product, as a statement is about it. */
export interface Component {
  /** `Red Hat:` and the CPE of the product without its beginning. */
  readonly ecosystem: string
  readonly name: string
  /** `epoch:version-release`; absent where the statement is about all versions. */
  readonly version?: string | undefined
  /** `name:stream`. */
  readonly module?: string | undefined
  readonly kind: 'source' | 'binary'
}

/** Deepest nesting of a product tree; CSAF trees have four or five levels. */
const maxDepth = 30

interface Named {
  readonly cpe?: string | undefined
  readonly purl?: string | undefined
}

/**
 * Gives the packages that a product id stands for: none for those that are no rpm packages (container images, whole
 * products) or whose product has no CPE of Red Hat.
 */
export function productsOf(document: CsafVex): (id: string) => readonly Component[] {
  const named = new Map<string, Named>()
  const collect = (branches: readonly CsafBranch[], depth: number): void => {
    for (const { product, branches: inner = [] } of branches) {
      if (product !== undefined) named.set(product.product_id, product.product_identification_helper ?? {})
      if (depth < maxDepth) collect(inner, depth + 1)
    }
  }
  collect(document.product_tree.branches, 0)
  const parts = new Map<string, readonly [part: string, whole: string]>()
  for (const relation of document.product_tree.relationships ?? []) {
    parts.set(relation.full_product_name.product_id, [
      relation.product_reference,
      relation.relates_to_product_reference,
    ])
  }
  // a package of a module stands in the module, which stands in the product: walk up to where the CPE is
  const wholeOf = (id: string): string | undefined => {
    let current = id
    for (let depth = 0; depth < maxDepth; depth++) {
      const cpe = named.get(current)?.cpe
      if (cpe !== undefined) return cpe
      const next = parts.get(current)?.[1]
      if (next === undefined) return undefined
      current = next
    }
    return undefined
  }
  const componentOf = (id: string): Component | undefined => {
    const [part, whole] = parts.get(id) ?? []
    if (part === undefined || whole === undefined) return undefined
    const tail = /^cpe:(?:\/[ao]|2\.3:[ao]):redhat:(.+)$/.exec(wholeOf(whole) ?? '')?.[1]
    const component = ofPurl(named.get(part)?.purl)
    if (tail === undefined || component === undefined) return undefined
    const module = component.module ?? moduleOf(id)
    return { ...component, module, ecosystem: `Red Hat:${tail}` }
  }
  const listed = [...parts.keys()].map((id) => [id, componentOf(id)] as const)
  const components = new Map(listed)
  const binaries = new Set<string>()
  for (const [, component] of listed) {
    if (component?.kind !== 'binary') continue
    for (const one of [component, { ...component, version: undefined }]) binaries.add(buildOf(one))
  }
  return (id) => {
    const component = components.get(id)
    // where a product names the binary packages of a source, the source says nothing more
    const isTold = component?.kind === 'source' && binaries.has(buildOf(component))
    return component === undefined || isTold ? [] : [component]
  }
}

/** What a source package and its binary packages have in common: the version that was built; without one, a name. */
function buildOf({ ecosystem, name, version, module }: Component): string {
  return JSON.stringify([ecosystem, module, version === undefined ? { name } : { version }])
}

function ofPurl(purl: string | undefined): Omit<Component, 'ecosystem'> | undefined {
  if (purl === undefined) return undefined
  let parsed: PackageURL
  try {
    parsed = PackageURL.fromString(purl)
  } catch {
    return undefined
  }
  if (parsed.type !== 'rpm' && parsed.type !== 'rpmmod') return undefined
  if (parsed.type === 'rpmmod' || parsed.name === undefined) return undefined
  const { epoch, arch, rpmmod } = parsed.qualifiers ?? {}
  const version =
    parsed.version == null || parsed.version === '' ? undefined : `${epoch ?? '0'}:${parsed.version}`
  return {
    name: parsed.name,
    version,
    module: rpmmod === undefined ? undefined : rpmmod.split(':').slice(0, 2).join(':'),
    kind: arch === 'src' ? 'source' : 'binary',
  }
}

/** The module in a product id: `AppStream-8.9:nodejs:18:…::nodejs:18` ends with it. */
function moduleOf(id: string): string | undefined {
  return /::([^:]+:[^:]+)$/.exec(id)?.[1]
}
