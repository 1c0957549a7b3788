import type { OpenVex } from './openvex.schema.ts'
import { toProduct } from './to-product.ts'
import { isJustification, type VexDocument, type VexProduct, type VexStatement } from './vex-document.ts'

type Statement = OpenVex['statements'][number]
type Product = NonNullable<Statement['products']>[number]
type Subcomponent = NonNullable<Statement['subcomponents']>[number]

/** Takes the statements out of an OpenVEX document, version 0.0.1 to 0.2.0. */
export function readOpenVex(document: OpenVex): VexDocument {
  const timestamp = document.last_updated ?? document.timestamp
  return {
    format: 'openvex',
    id: document['@id'],
    author: document.author,
    timestamp,
    statements: document.statements.map((statement) => readStatement(statement, timestamp)),
  }
}

function readStatement(statement: Statement, documentTime: string | undefined): VexStatement {
  const {
    vulnerability,
    status,
    justification,
    impact_statement: impact,
    action_statement: action,
  } = statement
  const ids =
    typeof vulnerability === 'string'
      ? [vulnerability]
      : [vulnerability.name, idOf(vulnerability['@id']), ...(vulnerability.aliases ?? [])]
  return {
    vulnerabilities: [...new Set(ids.filter((id) => id !== undefined && id !== '') as string[])],
    status,
    justification: isJustification(justification) ? justification : undefined,
    statement: impact ?? action,
    // Before version 0.2.0 subcomponents stood beside the products and held for all of them.
    products: (statement.products ?? []).map((product) =>
      readProduct(product, statement.subcomponents ?? []),
    ),
    timestamp: statement.last_updated ?? statement.timestamp ?? documentTime,
  }
}

/** The id of a vulnerability may be an address that ends in it: `https://…/CVE-2024-1`. */
function idOf(id: string | undefined): string | undefined {
  return id?.slice(id.lastIndexOf('/') + 1)
}

function readProduct(product: Product, shared: readonly Subcomponent[]): VexProduct {
  const own = typeof product === 'string' ? [] : (product.subcomponents ?? [])
  return { ...identify(product), subcomponents: [...own, ...shared].map(identify) }
}

function identify(component: Product | Subcomponent): Omit<VexProduct, 'subcomponents'> {
  if (typeof component === 'string') return toProduct([component])
  const { '@id': id, identifiers, hashes } = component
  return toProduct([id, identifiers?.purl], Object.entries(hashes ?? {}))
}
