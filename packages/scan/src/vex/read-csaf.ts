import type { Csaf, CsafBranch, CsafProduct } from './csaf.schema.ts'
import { toProduct } from './to-product.ts'
import {
  isJustification,
  type VexDocument,
  type VexProduct,
  type VexStatement,
  type VexStatus,
} from './vex-document.ts'

type Vulnerability = NonNullable<Csaf['vulnerabilities']>[number]
type Part = Omit<VexProduct, 'subcomponents'>

/** Relationships in which the first product is a part of what the second one is. */
const partOf: ReadonlySet<string> = new Set([
  'default_component_of',
  'optional_component_of',
  'installed_on',
  'installed_with',
])

const states: readonly (readonly [
  VexStatus,
  (status: NonNullable<Vulnerability['product_status']>) => readonly string[],
])[] = [
  ['not_affected', ({ known_not_affected: ids = [] }) => ids],
  ['fixed', ({ fixed = [], first_fixed: first = [] }) => [...fixed, ...first]],
  [
    'affected',
    ({ known_affected: known = [], first_affected: first = [], last_affected: last = [] }) => [
      ...known,
      ...first,
      ...last,
    ],
  ],
  ['under_investigation', ({ under_investigation: ids = [] }) => ids],
]

/** Takes the statements out of a CSAF document; each product and status is one. */
export function readCsaf({ document, product_tree: tree, vulnerabilities = [] }: Csaf): VexDocument {
  const products = collectProducts(tree)
  const groups = new Map(tree?.product_groups?.map(({ group_id: id, product_ids: ids }) => [id, ids]))
  const timestamp = document.tracking?.current_release_date
  return {
    format: 'csaf',
    id: document.tracking?.id,
    author: document.publisher?.name,
    timestamp,
    statements: vulnerabilities.flatMap((vulnerability) =>
      states.flatMap(([status, idsOf]) =>
        idsOf(vulnerability.product_status ?? {}).map((id): VexStatement => ({
          vulnerabilities: namesOf(vulnerability),
          status,
          justification: justificationFor(vulnerability, id, groups),
          statement: impactFor(vulnerability, id, groups),
          // an id that the product tree does not explain only names something
          products: [products.get(id) ?? { purls: [], digests: [], name: id, subcomponents: [] }],
          timestamp,
        })),
      ),
    ),
  }
}

function namesOf({ cve, ids = [] }: Vulnerability): readonly string[] {
  return [...(cve === undefined ? [] : [cve]), ...ids.map(({ text }) => text)]
}

type Groups = ReadonlyMap<string, readonly string[]>
interface Scoped {
  readonly product_ids?: readonly string[] | undefined
  readonly group_ids?: readonly string[] | undefined
}

function appliesTo({ product_ids: ids, group_ids: groupIds }: Scoped, id: string, groups: Groups): boolean {
  if (ids === undefined && groupIds === undefined) return true
  return ids?.includes(id) === true || groupIds?.some((group) => groups.get(group)?.includes(id)) === true
}

function justificationFor({ flags = [] }: Vulnerability, id: string, groups: Groups) {
  const labels = flags.filter((flag) => appliesTo(flag, id, groups)).map(({ label }) => label)
  return labels.find(isJustification)
}

function impactFor({ threats = [] }: Vulnerability, id: string, groups: Groups): string | undefined {
  return threats.find((threat) => threat.category === 'impact' && appliesTo(threat, id, groups))?.details
}

function collectProducts(tree: Csaf['product_tree']): ReadonlyMap<string, VexProduct> {
  const plain = new Map<string, Part>()
  const add = (product: CsafProduct): void => void plain.set(product.product_id, identify(product))
  const waiting: CsafBranch[] = [...(tree?.branches ?? [])]
  for (let branch = waiting.pop(); branch !== undefined; branch = waiting.pop()) {
    if (branch.product !== undefined) add(branch.product)
    for (const child of branch.branches ?? []) waiting.push(child)
  }
  for (const product of tree?.full_product_names ?? []) add(product)
  const products = new Map<string, VexProduct>()
  for (const [id, part] of plain) products.set(id, { ...part, subcomponents: [] })
  for (const relationship of tree?.relationships ?? []) {
    const { category, full_product_name: whole, product_reference: part } = relationship
    if (!partOf.has(category)) continue
    const product = plain.get(relationship.relates_to_product_reference)
    const component = plain.get(part)
    if (product === undefined || component === undefined) continue
    products.set(whole.product_id, { ...product, subcomponents: [component] })
  }
  return products
}

function identify({ name, product_id: id, product_identification_helper: helper }: CsafProduct): Part {
  const hashes = (helper?.hashes ?? []).flatMap(({ file_hashes: list = [] }) =>
    list.map(({ algorithm, value }) => [algorithm, value] as const),
  )
  const part = toProduct([helper?.purl, ...(helper?.purls ?? [])], hashes)
  return { ...part, name: part.purls[0] ?? name ?? id }
}
