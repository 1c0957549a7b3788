import { z } from 'zod'
import { ScanError } from '../../errors.ts'
import type { OsvAffected, OsvRecord } from '../osv.schema.ts'
import { csafVexSchema, type CsafVex } from './csaf-vex.schema.ts'
import { type Component, productsOf } from './csaf-products.ts'
import { type AdvisoryExtension, withExtension } from '../advisory-extension.ts'
import { compareRpmVersions } from '../../version/compare-rpm-versions.ts'

/**
 * Reads one of Red Hat's CSAF-VEX documents (one a CVE) into one record. The ecosystem of a statement is the CPE of its
 * product, as in OSV: `Red Hat:enterprise_linux:9::appstream`. Statements are about binary packages, or about source
 * packages where a product names no binary ones; those about modules carry `module`.
 *
 * @throws {ScanError} `ADVISORIES_INVALID` naming `source` and what is wrong.
 */
export function parseCsafVex(json: string, source: string): readonly OsvRecord[] {
  const document = readDocument(json, source)
  const products = productsOf(document)
  return document.vulnerabilities.map((vulnerability) => {
    const affected = new Map<string, OsvAffected>()
    const severity = wordOf(document)
    const add = (id: string, statement: (component: Component) => Statement): void => {
      for (const component of products(id)) {
        const { fixed, ...extension } = statement(component)
        addStatement(affected, component, fixed, extension, severity)
      }
    }
    const {
      fixed = [],
      known_affected = [],
      known_not_affected = [],
      under_investigation = [],
    } = vulnerability.product_status
    for (const id of fixed) add(id, ({ version }) => ({ fixed: version }))
    for (const id of known_affected) add(id, () => stateOf(vulnerability, id))
    for (const id of known_not_affected) add(id, () => ({ status: 'not-affected' }))
    for (const id of under_investigation)
      add(id, () => ({ status: 'undetermined', fixState: 'unknown', reason: 'under_investigation' }))
    const vector = vulnerability.scores?.find((score) => score.cvss_v3 !== undefined)?.cvss_v3?.vectorString
    return {
      id: `RHEL-${vulnerability.cve}`,
      upstream: [vulnerability.cve],
      modified: document.document.tracking.current_release_date,
      ...(vulnerability.release_date === undefined ? {} : { published: vulnerability.release_date }),
      ...(vulnerability.title === undefined ? {} : { summary: vulnerability.title.slice(0, 10_000) }),
      ...(vector === undefined ? {} : { severity: [{ type: 'CVSS_V3', score: vector }] }),
      affected: [...affected.values()],
    }
  })
}

type Statement = AdvisoryExtension & { readonly fixed?: string | undefined }
type Vulnerability = CsafVex['vulnerabilities'][number]

function readDocument(json: string, source: string): CsafVex {
  let value: unknown
  try {
    value = JSON.parse(json)
  } catch (cause) {
    throw new ScanError('ADVISORIES_INVALID', `${source}: not JSON`, { cause })
  }
  const result = csafVexSchema.safeParse(value)
  if (result.success) return result.data
  const problem = z.prettifyError(result.error).split('\n').slice(0, 3).join(' ').slice(0, 300)
  throw new ScanError('ADVISORIES_INVALID', `${source}: no CSAF VEX document: ${problem}`)
}

function wordOf({ document }: CsafVex): string | undefined {
  return document.aggregate_severity?.text
}

/** What Red Hat means to do about a product that is affected. */
function stateOf({ remediations = [] }: Vulnerability, id: string): Statement {
  const about = remediations.filter(({ product_ids: ids = [] }) => ids.includes(id))
  const remedy =
    about.find(({ category }) => category === 'no_fix_planned') ??
    about.find(({ category }) => category === 'none_available')
  if (remedy === undefined) return { fixState: 'not-fixed', reason: 'affected' }
  const details = remedy.details?.slice(0, 200)
  if (/out of support/i.test(details ?? '')) return { fixState: 'end-of-life', reason: details }
  if (remedy.category === 'no_fix_planned') return { fixState: 'wont-fix', reason: details }
  return {
    fixState: /deferred/i.test(details ?? '') ? 'deferred' : 'not-fixed',
    reason: details ?? 'affected',
  }
}

/** One entry for a product's package, whatever its architectures; of several fixes the highest counts. */
function addStatement(
  affected: Map<string, OsvAffected>,
  { ecosystem, name, module, kind }: Component,
  fixed: string | undefined,
  extension: AdvisoryExtension,
  severity: string | undefined,
): void {
  const key = JSON.stringify([ecosystem, name, module, kind, extension.status, fixed === undefined])
  const known = affected.get(key)?.ranges?.[0]?.events[1]?.fixed
  if (known !== undefined && fixed !== undefined && compareRpmVersions(fixed, known) !== 1) return
  const events = fixed === undefined ? [{ introduced: '0' }] : [{ introduced: '0' }, { fixed }]
  affected.set(key, {
    package: { ecosystem, name },
    ranges: extension.status === 'not-affected' ? [] : [{ type: 'ECOSYSTEM', events }],
    ...(severity === undefined ? {} : { severity: [{ type: 'redhat', score: severity }] }),
    ecosystem_specific: withExtension({
      ...extension,
      name: kind,
      ...(module === undefined ? {} : { module }),
    }),
  })
}
