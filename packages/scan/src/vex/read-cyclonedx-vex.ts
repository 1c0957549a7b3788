import type { CycloneDxComponent, CycloneDxVex } from './cyclonedx-vex.schema.ts'
import { parsePurl } from './match-purl.ts'
import { toProduct } from './to-product.ts'
import type { VexDocument, VexJustification, VexProduct, VexStatement, VexStatus } from './vex-document.ts'

type Vulnerability = NonNullable<CycloneDxVex['vulnerabilities']>[number]

/** CycloneDX `impactAnalysisState`. `false_positive` says that the finding itself is wrong. */
const states: ReadonlyMap<string, VexStatus> = new Map([
  ['resolved', 'fixed'],
  ['resolved_with_pedigree', 'fixed'],
  ['exploitable', 'affected'],
  ['in_triage', 'under_investigation'],
  ['not_affected', 'not_affected'],
  ['false_positive', 'not_affected'],
])

/** CycloneDX `impactAnalysisJustification` in the words of VEX. */
const justifications: ReadonlyMap<string, VexJustification> = new Map([
  ['code_not_present', 'vulnerable_code_not_present'],
  ['code_not_reachable', 'vulnerable_code_not_in_execute_path'],
  ['requires_configuration', 'vulnerable_code_cannot_be_controlled_by_adversary'],
  ['requires_dependency', 'vulnerable_code_cannot_be_controlled_by_adversary'],
  ['requires_environment', 'vulnerable_code_cannot_be_controlled_by_adversary'],
  ['protected_by_compiler', 'inline_mitigations_already_exist'],
  ['protected_at_runtime', 'inline_mitigations_already_exist'],
  ['protected_at_perimeter', 'inline_mitigations_already_exist'],
  ['protected_by_mitigating_control', 'inline_mitigations_already_exist'],
])

/** Takes the statements out of the `vulnerabilities` of a CycloneDX document; those without an analysis say nothing. */
export function readCycloneDxVex(document: CycloneDxVex): VexDocument {
  const components = collectComponents(document)
  const { metadata } = document
  const timestamp = metadata?.timestamp
  return {
    format: 'cyclonedx',
    id: document.serialNumber,
    author: metadata?.authors?.[0]?.name ?? metadata?.supplier?.name,
    timestamp,
    statements: (document.vulnerabilities ?? []).flatMap((vulnerability) => {
      const status = states.get(vulnerability.analysis?.state ?? '')
      return status === undefined ? [] : [readStatement(vulnerability, status, components, timestamp)]
    }),
  }
}

function readStatement(
  { id, references = [], analysis, affects = [], updated }: Vulnerability,
  status: VexStatus,
  components: ReadonlyMap<string, VexProduct>,
  documentTime: string | undefined,
): VexStatement {
  const ids = [id, ...references.map((reference) => reference.id)]
  return {
    vulnerabilities: [...new Set(ids.filter((one) => one !== undefined && one !== '') as string[])],
    status,
    justification: justifications.get(analysis?.justification ?? ''),
    statement: analysis?.detail,
    products: affects.flatMap(({ ref, versions = [] }) => {
      const product = components.get(ref) ?? toLinkedProduct(ref)
      const warns = status === 'affected' || status === 'under_investigation'
      return warns || versions.every((one) => isSpared(one, product)) ? [product] : []
    }),
    timestamp: analysis?.lastUpdated ?? updated ?? documentTime,
  }
}

type ListedVersion = NonNullable<NonNullable<Vulnerability['affects']>[number]['versions']>[number]

/**
 * Whether an entry of a list of versions is that of the product itself, and not affected. A list that says more, or
 * something else, says too little of one product. An entry without a status is affected, as CycloneDX has it.
 */
function isSpared({ version, status = 'affected' }: ListedVersion, { purls }: VexProduct): boolean {
  return (
    status === 'unaffected' &&
    version !== undefined &&
    purls.every((purl) => parsePurl(purl)?.version === version)
  )
}

/** A reference may be a BOM-Link, `urn:cdx:serial/version#bom-ref`, to a component of another document. */
function toLinkedProduct(ref: string): VexProduct {
  let target = ref
  if (ref.startsWith('urn:cdx:')) {
    try {
      target = decodeURIComponent(ref.slice(ref.indexOf('#') + 1))
    } catch {
      target = ref
    }
  }
  return { ...toProduct([target]), subcomponents: [] }
}

function collectComponents({ metadata, components = [] }: CycloneDxVex): ReadonlyMap<string, VexProduct> {
  const found = new Map<string, VexProduct>()
  const waiting: CycloneDxComponent[] = [...components]
  if (metadata?.component !== undefined) waiting.push(metadata.component)
  for (let component = waiting.pop(); component !== undefined; component = waiting.pop()) {
    const { 'bom-ref': ref, purl, name, hashes = [] } = component
    if (ref !== undefined) {
      const part = toProduct(
        [purl],
        hashes.map(({ alg, content }) => [alg, content] as const),
      )
      found.set(ref, { ...part, name: purl ?? name ?? ref, subcomponents: [] })
    }
    for (const child of component.components ?? []) waiting.push(child)
  }
  return found
}
